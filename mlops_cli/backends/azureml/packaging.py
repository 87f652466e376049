"""What Azure gets to make a service from: the registered model, an entry script and an environment."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_cli.backends.azureml.models import AzureModels
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.deployment import DeployRequest
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.core import Environment
    from azureml.core import Model as AzureModel
    from azureml.core.model import InferenceConfig

SCORING_FILE = "outputs/scoring_file_v_1_0_0.py"
CONDA_FILE = "outputs/conda_env_v_1_0_0.yml"
CONDA_NAMES = ("conda.yaml", "conda.yml", "environment.yml")
SCRIPT = "score.py"
SERVER = "azureml-defaults"
"""The package with Azure's own inference server."""


def model_of(session: Session, request: DeployRequest) -> AzureModel | None:
    """The registered model that is asked for. Raises NotFoundError."""
    if request.model is None:
        return None
    name, _, version = request.model.partition(":")
    return AzureModels(session).registered(name, int(version) if version else None)


def check_script(request: DeployRequest) -> None:
    script = request.entry_script
    if script and not script.is_file():
        raise NotFoundError(f"no entry script {script}", hint="give a file: --entry-script FILE")


def package(
    session: Session, request: DeployRequest, model: AzureModel | None, folder: Path
) -> InferenceConfig:
    """Collect script and environment in `folder`. Raises UsageError for a model without a script."""
    from azureml.core.model import InferenceConfig

    script = _script(session, request, model, folder)
    environment = _environment(request, folder)
    return InferenceConfig(entry_script=script, source_directory=str(folder), environment=environment)


def _script(session: Session, request: DeployRequest, model: AzureModel | None, folder: Path) -> str:
    """The name of the entry script, now in `folder` with the description of its environment."""
    if request.entry_script:
        _copy_own(request.entry_script, folder)
        return request.entry_script.name
    assert model is not None, "a request has a model or a script"
    if model.run_id and _download_generated(session, model.run_id, folder):
        return SCRIPT
    if _copy_from_model(model, folder):
        return SCRIPT
    name = f"{model.name}:{model.version}"
    raise UsageError(f"model {name} has no score.py", hint="give your own: --entry-script score.py")


def _copy_own(script: Path, folder: Path) -> None:
    shutil.copyfile(script, folder / script.name)
    for name in (*CONDA_NAMES, "requirements.txt"):
        if (script.parent / name).is_file():
            shutil.copyfile(script.parent / name, folder / name)


def _download_generated(session: Session, run_id: str, folder: Path) -> bool:
    """The script and environment that AutoML wrote beside the model; False for a run that has none."""
    from azureml.core import Run as AzureRun

    run = session.find(lambda: AzureRun.get(session.workspace, run_id))
    if run is None or SCORING_FILE not in run.get_file_names():
        return False
    run.download_file(SCORING_FILE, str(folder / SCRIPT))
    run.download_file(CONDA_FILE, str(folder / CONDA_NAMES[0]))
    return True


def _copy_from_model(model: AzureModel, folder: Path) -> bool:
    """The model's own score.py, as `mlops train` writes it on every backend; False when it has none."""
    place = folder / "download"
    model.download(target_dir=str(place), exist_ok=True)
    found = next(place.rglob(SCRIPT), None)
    if found is not None:
        _copy_own(found, folder)
    shutil.rmtree(place)
    return found is not None


def _environment(request: DeployRequest, folder: Path) -> Environment:
    from azureml.core import Environment
    from azureml.core.conda_dependencies import CondaDependencies

    name = f"mlops-{request.name}"
    conda = next((folder / name for name in CONDA_NAMES if (folder / name).is_file()), None)
    requirements = folder / "requirements.txt"
    if conda:
        made = Environment.from_conda_specification(name, str(conda))
    elif requirements.is_file():
        made = Environment.from_pip_requirements(name, str(requirements))
    else:
        made = Environment(name)
        made.python.conda_dependencies = CondaDependencies.create(pip_packages=[SERVER])
    made.python.conda_dependencies.add_pip_package(SERVER)
    return made

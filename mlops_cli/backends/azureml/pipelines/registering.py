"""The step that registers the best model of an AutoML step, as that of Azure registers none."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import msgspec

from mlops_cli.backends.azureml.pipelines import automl, register_model, script
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.pipeline_graph import source_of
from mlops_cli.domain.pipelines import AutoMLStep, ScriptStep, Step

if TYPE_CHECKING:
    from mlops_cli.backends.azureml.pipelines.build import Builder


def registers(step: Step) -> TypeGuard[AutoMLStep]:
    return isinstance(step, AutoMLStep) and step.model_name is not None


def name_of(step: Step) -> str:
    """No step of a user can have it."""
    return f"{step.name}.register"


def make(builder: Builder, session: Session, step: AutoMLStep, folder: Path) -> Any:
    from azureml.core import RunConfiguration
    from azureml.pipeline.steps import PythonScriptStep

    source = folder / name_of(step)
    source.mkdir()
    shutil.copy(register_model.__file__, source)
    (source / register_model.TOLD).write_bytes(msgspec.json.encode(_told(builder, step)))
    file = Path(register_model.__file__).name
    own = RunConfiguration()
    own.environment = script.environment(session, ScriptStep(name=name_of(step), script=file))
    return PythonScriptStep(
        script_name=file,
        name=name_of(step),
        inputs=[builder.input("model", f"{step.name}.model")],  # for which it waits
        compute_target=builder.target(step),
        source_directory=str(source),
        runconfig=own,
        allow_reuse=step.allow_reuse,
    )


def _told(builder: Builder, step: AutoMLStep) -> dict[str, Any]:
    """See `register_model`; `facts` are those of `registration` that are known before the run."""
    settings = automl.settings_of(builder, step)
    [text] = step.inputs.values()
    source, name = source_of(text)
    data = builder.data()[name] if source == "data" else None
    facts = {
        "task": settings.task,
        "label": settings.label,
        "forecasting": settings.forecasting,
        "dataset": data.label if data and data.registered else None,
    }
    return {"step": step.name, "name": step.model_name, "tags": step.model_tags, "facts": facts}

"""A revision: what one deployment needs, copied together below the endpoint's directory.

revisions/N/service.json   ServiceSpec with paths below the revision
revisions/N/model/         the model's folder
revisions/N/fast/          the compiled model, if there is one
revisions/N/score.py       the user's own entry script, under its own name
"""

import hashlib
import shutil
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from mlops_cli import __version__
from mlops_cli.domain.endpoints import DeploySettings, Endpoint
from mlops_cli.domain.runs import Model
from mlops_cli.engine.endpoints.layout import read_desired, revision_dir
from mlops_cli.engine.files import state_errors, write_atomic
from mlops_cli.engine.serving.spec import SERVICE_FILE, SWITCHES, ServiceSpec, read_spec
from mlops_cli.errors import NotFoundError, UsageError

DEFAULT_WORKERS = {"aci": 1, "aks": 2, "docker": 1, "kubernetes": 2}
CHECKED_PACKAGES = ("numpy", "scikit-learn", "lightgbm", "xgboost", "xgboost-cpu")
MODEL = "model"


class Source(Struct):
    """What is deployed: a registered model, the user's entry script, or the script with the model."""

    name: str
    settings: DeploySettings
    model: Model | None = None
    entry_script: Path | None = None

    def workers(self) -> int:
        return self.settings.workers or DEFAULT_WORKERS[self.settings.target]

    def has_generated_script(self) -> bool:
        """Whether the entry script is the one that AutoML wrote into the model's folder."""
        return self.entry_script is None and self.model is not None and self.model.model_schema is not None

    def content_hash(self, version: str = __version__) -> str:
        """SHA-256 over all that, once changed, is packed anew; not over settings that can be changed alone.

        A worker runs the `version` of this package that it was started with.
        """
        settings = self.settings
        parts: list[Any] = [version, self.model and self.model.content_hash, settings.target]
        parts += [settings.scoring_timeout_ms, settings.cpu_cores, settings.memory_gb]
        script = self.entry_script.read_bytes() if self.entry_script else b""
        return hashlib.sha256(msgspec.json.encode(parts) + b"\0" + script).hexdigest()


def check(source: Source, *, allow_skew: bool) -> None:
    """Raise NotFoundError or UsageError for what cannot be deployed."""
    if source.entry_script and not source.entry_script.is_file():
        raise NotFoundError(f"no entry script {source.entry_script}", hint="give a file: --entry-script FILE")
    if source.model and not Path(source.model.path).is_dir():
        folder = source.model.path
        raise NotFoundError(f"the model's folder {folder} is gone", hint="register the model again")
    if source.entry_script is None and source.model and not (Path(source.model.path) / "score.py").is_file():
        name = f"{source.model.name}:{source.model.version}"
        raise UsageError(f"model {name} has no score.py", hint="give your own: --entry-script score.py")
    if source.model and not allow_skew:
        _check_packages(source.model)


def draft(service: Path, source: Source) -> Path:
    """Copy everything into a folder that bears no number yet."""
    folder = service / "revisions" / f".draft-{uuid.uuid4().hex}"
    with state_errors(service):
        folder.mkdir(parents=True)
        if source.model:
            _copy_tree(Path(source.model.path), folder / MODEL)
        if source.entry_script:
            shutil.copyfile(source.entry_script, folder / source.entry_script.name)
    write_spec(folder, _spec(source))
    return folder


def number(service: Path, folder: Path) -> int:
    """Give a draft the next number, and its place."""
    desired = read_desired(service)
    known = [int(path.name) for path in folder.parent.glob("*") if path.name.isdigit()]
    chosen = max([*known, desired.highest if desired else 0]) + 1
    folder.rename(revision_dir(service, chosen))
    return chosen


def copy(service: Path, revision: int, **changes: Any) -> int:
    """Make a further revision with the same files and another specification; its number."""
    folder = service / "revisions" / f".draft-{uuid.uuid4().hex}"
    with state_errors(service):
        _copy_tree(revision_dir(service, revision), folder)
    write_spec(folder, msgspec.structs.replace(read_spec(folder), **changes))
    return number(service, folder)


def write_spec(folder: Path, spec: ServiceSpec) -> None:
    write_atomic(folder / SERVICE_FILE, msgspec.json.encode(spec))


def installed(service: Path, revision: Path, endpoint: Endpoint) -> ServiceSpec:
    """The specification of a revision as the service directory needs it."""
    spec = read_spec(revision)
    base = revision.relative_to(service)
    below = {
        name: str(base / value)
        for name in ("entry_script", "model_dir", "schema_file", "fast")
        if (value := getattr(spec, name)) is not None
    }
    return msgspec.structs.replace(spec, **below, **switches(endpoint))


def switches(settings: Endpoint | DeploySettings) -> dict[str, bool]:
    """What a running worker takes up by itself."""
    return {name: getattr(settings, name) for name in SWITCHES}


def _spec(source: Source) -> ServiceSpec:
    settings = source.settings
    script = source.entry_script.name if source.entry_script else f"{MODEL}/score.py"
    generated = source.has_generated_script()
    return ServiceSpec(
        name=source.name,
        entry_script=script,
        model_dir=MODEL if source.model else None,
        schema_file=f"{MODEL}/schema.json" if generated else None,
        payload="rows" if generated else "raw",
        auth=settings.auth,
        app_insights=settings.app_insights,
        collect_data=settings.collect_data,
        scoring_timeout_ms=settings.scoring_timeout_ms,
        threads=max(1, int(settings.cpu_cores)),
    )


def _copy_tree(source: Path, target: Path) -> None:
    """As `shutil.copytree`, whose error says no more what the operating system said."""
    target.mkdir(parents=True)
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if path.is_dir():
            place.mkdir()
        else:
            shutil.copyfile(path, place)


def _check_packages(model: Model) -> None:
    different = [
        f"{name}: trained with {wanted}, here is {have or 'none'}"
        for name, wanted in model.packages.items()
        if name in CHECKED_PACKAGES and _minor(wanted) != _minor(have := _installed_version(name))
    ]
    if different:
        message = f"model {model.name}:{model.version} was trained with other package versions"
        hint = "train again, install those versions, or accept the risk: --allow-skew"
        raise UsageError(message, hint=hint, details=different)


def _minor(version: str | None) -> list[str] | None:
    return version.split(".")[:2] if version else None


def _installed_version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

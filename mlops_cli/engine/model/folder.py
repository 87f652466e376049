"""A model on disk: a folder that serves by itself, with `score.py` or with MLflow, without this package.

model.pkl  schema.json  manifest.json  requirements.txt  input_example.json
featurization.json                  what every raw column is taken as, and which were dropped and why
score.py                            entry script with init() and run(), as Azure ML runs it
MLmodel  python_env.yaml  conda.yaml  what `mlflow models serve -m FOLDER` reads
code/                               the modules that model.pkl needs
"""

import os
import pickle
import shutil
import sys
from importlib import metadata
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import msgspec
from msgspec import Struct, field

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.errors import DataError, NotFoundError

_PACKAGE = Path(__file__).parents[2]
_SHIPPED = (
    "__init__.py",
    "errors.py",
    "status.py",
    "domain/__init__.py",
    "domain/data.py",
    "domain/dates.py",
    "domain/explanation.py",
    "domain/schema.py",
)
_NEEDED_BY = {
    "LightGBM": ("lightgbm",),
    "XGBoost": ("xgboost-cpu", "xgboost"),
    "Sklearn": ("scikit-learn",),
    "CatBoost": ("catboost",),
    "Flaml": ("flaml", "pandas", "scikit-learn", "lightgbm", "xgboost-cpu", "xgboost"),
    "AutoGluon": ("autogluon.tabular", "pandas", "lightgbm", "xgboost-cpu", "xgboost", "catboost"),
}


class Manifest(Struct, omit_defaults=True):
    """Where a model comes from and what it was made with. `packages` are exact versions."""

    algorithm: str
    python: str = ""
    packages: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    featurization: list[dict[str, Any]] = field(default_factory=list)
    feature_importances: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def save(model: Any, folder: Path, manifest: Manifest) -> Path:
    """Write the folder whole or not at all; what stood there before is replaced."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write_files(model, draft, manifest)
        _swap(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def load(folder: Path | str) -> Any:
    """The model of a folder: something with `schema`, `predict(rows)` and `answer(rows)`."""
    path = Path(folder) / "model.pkl"
    if not path.exists():
        raise NotFoundError(f"no model in {folder}: there is no model.pkl")
    try:
        with path.open("rb") as stream:
            return pickle.load(stream)  # noqa: S301 (a model folder is code, as any score.py is)
    except (pickle.UnpicklingError, EOFError, AttributeError, ImportError) as error:
        hint = "train again, or install its requirements.txt"
        raise DataError(f"cannot load {path}: {error}", hint=hint) from error


def load_manifest(folder: Path | str) -> Manifest:
    return msgspec.json.decode((Path(folder) / "manifest.json").read_bytes(), type=Manifest)


def load_schema(folder: Path | str) -> ModelSchema:
    return msgspec.json.decode((Path(folder) / "schema.json").read_bytes(), type=ModelSchema)


def _write_files(model: Any, folder: Path, manifest: Manifest) -> None:
    from mlops_cli.engine.model import mlflow_files, score

    manifest.python = ".".join(map(str, sys.version_info[:3]))
    manifest.packages = packages(model)
    with (folder / "model.pkl").open("wb") as stream:
        pickle.dump(model, stream, protocol=5)
        stream.flush()
        os.fsync(stream.fileno())
    _json(folder / "schema.json", model.schema)
    _json(folder / "manifest.json", manifest)
    _json(folder / "featurization.json", manifest.featurization)
    _json(folder / "input_example.json", {"data": model.schema.example})
    requirements = [f"{name}=={version}" for name, version in manifest.packages.items()]
    (folder / "requirements.txt").write_text("\n".join(requirements) + "\n")
    shutil.copyfile(score.__file__, folder / "score.py")
    copy_code(folder / "code")
    mlflow_files.write(folder, model.schema, manifest)


def packages(model: Any) -> dict[str, str]:
    """Exact versions of what loading and running `model` imports."""
    kinds = {type(_innermost(part)).__name__ for m in model.members for part in getattr(m, "members", [m])}
    wanted = ["numpy", "msgspec"]
    wanted += [name for maker, names in _NEEDED_BY.items() for name in names if _made_by(maker, kinds)]
    return {name: version for name in dict.fromkeys(wanted) if (version := _installed(name))}


def _made_by(maker: str, kinds: set[str]) -> bool:
    return any(kind.startswith(maker) for kind in kinds)


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _innermost(member: Any) -> Any:
    return _innermost(member.member) if hasattr(member, "member") else member


def copy_code(target: Path) -> None:
    """Copy the modules that a pickled model needs below `target`, which then goes on `sys.path`."""
    files = [_PACKAGE / name for name in (*_SHIPPED, "engine/__init__.py")]
    for file in files + sorted((_PACKAGE / "engine" / "model").glob("*.py")):
        copy = target / "mlops_cli" / file.relative_to(_PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _json(path: Path, value: Any) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def _swap(draft: Path, folder: Path) -> None:
    draft.chmod(0o755)
    old = folder.with_name(f".{folder.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    draft.replace(folder)
    shutil.rmtree(old, ignore_errors=True)

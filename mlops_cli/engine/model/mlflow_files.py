"""The files that make a model folder an MLflow model.

Source of the format: MLflow's documentation, "MLflow Models", storage format and python_function flavor.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli.domain.schema import ModelSchema

if TYPE_CHECKING:
    import pandas

    from mlops_cli.engine.model.folder import Manifest

_TYPES = {
    "integer": "long",
    "number": "double",
    "boolean": "boolean",
    "string": "string",
    "datetime": "string",
}


class _Pyfunc:
    """What `mlflow.pyfunc` calls."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def predict(self, frame: "pandas.DataFrame", params: dict[str, Any] | None = None) -> list[Any]:  # noqa: ARG002
        return self.model.predict(frame)


def _load_pyfunc(path: str) -> _Pyfunc:
    """The entry point of the python_function flavor; `path` is the model folder."""
    from mlops_cli.engine.model.folder import load

    return _Pyfunc(load(path))


def write(folder: Path, schema: ModelSchema, manifest: "Manifest") -> None:
    import uuid

    environment = {"conda": "conda.yaml", "virtualenv": "python_env.yaml"}
    flavor = {
        "loader_module": "mlops_cli.engine.model.mlflow_files",
        "code": "code",
        "data": ".",
        "env": environment,
        "python_version": manifest.python,
    }
    description = {
        "flavors": {"python_function": flavor},
        "signature": {"inputs": _inputs(schema), "outputs": None, "params": None},
        "model_uuid": uuid.uuid4().hex,
        "utc_time_created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    }
    _yaml(folder / "MLmodel", description)
    plain = {"build_dependencies": ["pip"], "dependencies": ["mlflow", "-r requirements.txt"]}
    _yaml(folder / "python_env.yaml", {"python": manifest.python, **plain})
    requirements = [f"{name}=={version}" for name, version in manifest.packages.items()]
    conda = [f"python={manifest.python}", "pip", {"pip": ["mlflow", *requirements]}]
    _yaml(folder / "conda.yaml", {"name": "mlflow-env", "channels": ["conda-forge"], "dependencies": conda})


def _inputs(schema: ModelSchema) -> str:
    fields = [{"type": _TYPES[f.type], "name": f.name, "required": not f.nullable} for f in schema.inputs]
    return msgspec.json.encode(fields).decode()


def _yaml(path: Path, value: dict[str, Any]) -> None:
    """JSON is YAML; the folder's files then need no YAML library."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")

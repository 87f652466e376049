"""What `models register` and `models explain` mean."""

from pathlib import Path
from typing import cast

from mlops_cli.backends.base import Backend, ExplainBackend, ModelBackend
from mlops_cli.domain.data import Row
from mlops_cli.domain.explanation import Explanation
from mlops_cli.domain.runs import Model
from mlops_cli.errors import UsageError
from mlops_cli.services.scoring import tables


def register(
    models: ModelBackend, source: str, name: str, tags: dict[str, str], cwd: Path
) -> tuple[Model, bool]:
    """Register the folder or file `source` when there is one, otherwise the best model of the run `source`."""
    folder = cwd / source
    if folder.exists():
        return models.register_folder(folder, name, tags)
    return models.register(source, name, tags)


def explain(
    backend: Backend, name: str, version: int | None, content: bytes | None, where: str
) -> Explanation:
    """What the model's answers rest on; `content` is a table or JSON rows to explain one by one."""
    if not hasattr(backend.models, "explain"):
        hint = "download the model and register its folder with backend: local"
        raise UsageError(f"the backend {backend.name} explains no models", hint=hint)
    rows = _rows(backend.models.get(name, version), content, where) if content is not None else []
    return cast(ExplainBackend, backend.models).explain(name, version, rows)


def _rows(model: Model, content: bytes, where: str) -> list[Row]:
    if tables.is_json(content, where):
        value = tables.parse_json(content, where)
        found = value.get("data") if isinstance(value, dict) else value
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise UsageError(f"{where} holds no rows", hint='send [{"column": value}, ...]')
        return found
    if model.model_schema is None:
        raise UsageError(f"{model.name}:{model.version} does not say which columns it takes")
    types = {field.name: field.type for field in model.model_schema.inputs}
    return tables.to_rows(tables.read(content, where), types)

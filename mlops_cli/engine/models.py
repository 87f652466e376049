"""The model registry: folders copied once into the state directory, versions by content."""

import hashlib
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

import msgspec

from mlops_cli import paths
from mlops_cli.domain.runs import Model
from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.clock import now
from mlops_cli.engine.files import state_errors
from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError


def register(store: Store, folder: Path, name: str, **fields: Any) -> tuple[Model, bool]:
    """Register a copy of `folder` (or of one file) as the next version of `name`.

    The same content as the latest version makes no new one. `fields` are those of `Model`. Returns the
    version and whether it is new.
    """
    if not folder.exists():
        raise NotFoundError(f"there is no model folder {folder}", hint="give the folder that holds the model")
    content = content_hash(folder)
    made: list[Model] = []

    def make(version: int, latest: Model | None) -> Model | None:
        if latest and latest.content_hash == content:
            return None
        target = paths.model_dir(store.home, name, version)
        _copy(folder, target)
        made.append(Model(name, version, content, str(target), now(), **(_described(target) | fields)))
        return made[0]

    return store.models.add(name, make), bool(made)


def content_hash(folder: Path) -> str:
    """SHA-256 over the names and bytes of all files below `folder`."""
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    return sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _copy(folder: Path, target: Path) -> None:
    """Copy beside the target and move into place, so that a half-made copy never bears the name."""
    with state_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.parent / f".{uuid.uuid4().hex}"
        try:
            for path in _files(folder):
                place = temporary / (path.name if folder.is_file() else path.relative_to(folder))
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
            if target.exists():
                shutil.rmtree(target)
            temporary.rename(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def _described(folder: Path) -> dict[str, Any]:
    """What the folder itself says of the model, when AutoML wrote it."""
    known: dict[str, Any] = {}
    if (schema := folder / "schema.json").exists():
        known["model_schema"] = msgspec.json.decode(schema.read_bytes(), type=ModelSchema)
    if (manifest := folder / "manifest.json").exists():
        known["packages"] = json.loads(manifest.read_bytes()).get("packages", {})
    return known

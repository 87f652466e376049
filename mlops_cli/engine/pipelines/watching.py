"""What data are, in a line that changes when they do."""

import hashlib
from datetime import datetime
from pathlib import Path

from mlops_cli.domain.pipelines import DataInput
from mlops_cli.domain.schedules import DataChange
from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError

SETTLE_SECONDS = 2.0
"""A file that was written this recently may still be growing."""


def state(store: Store, change: DataChange) -> str:
    """The latest version of a dataset, or a hash over names, sizes and times of the files below a path."""
    if change.dataset:
        try:
            return str(store.datasets.get(change.dataset).version)
        except NotFoundError:
            return "none"
    digest = hashlib.sha256()
    root = Path(str(change.path))
    for file in _files(root):
        known = file.stat()
        digest.update(f"{file.relative_to(root)}\0{known.st_size}\0{known.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def is_settled(change: DataChange, now: datetime) -> bool:
    """Whether nothing below the path was written just now."""
    if change.dataset:
        return True
    newest = max((file.stat().st_mtime for file in _files(Path(str(change.path)))), default=0.0)
    return now.timestamp() - newest > SETTLE_SECONDS


def data(change: DataChange, seen: str) -> DataInput:
    """The changed data as a run takes them."""
    return DataInput(dataset=f"{change.dataset}:{seen}") if change.dataset else DataInput(path=change.path)


def _files(root: Path) -> list[Path]:
    """Files in order; temporary ones, whose names start with a dot, are left out."""
    found = [root] if root.is_file() else root.rglob("*")
    return sorted(file for file in found if file.is_file() and not file.name.startswith("."))

"""Versions of datasets: bytes stored once per content, profile computed once per version."""

import hashlib
import re
from pathlib import Path

from mlops_cli import paths
from mlops_cli.domain.data import Dataset
from mlops_cli.engine.clock import now
from mlops_cli.engine.data import faults, loading, profiling, reading
from mlops_cli.engine.files import write_atomic
from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError, UsageError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
Wanted = tuple[str, str | None, str | None, str | None]


def register(
    store: Store,
    path: Path,
    name: str,
    *,
    label: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    tags: dict[str, str] | None = None,
    keep: bool = True,
) -> tuple[Dataset, bool]:
    """Register the file at `path` as the next version of `name`; without `keep` only say what it would be.

    What the latest version has already (content, label, delimiter and encoding, as far as they are given)
    makes no new one. Returns the version and whether it is new. Raises DataError when the file cannot be
    used, StateError when it cannot be stored.
    """
    check_name(name)
    content = loading.load(path)
    wanted = (hashlib.sha256(content).hexdigest(), label, delimiter, encoding)
    latest = _latest(store, name)
    if latest is not None and covers(latest, *wanted):
        if keep:
            _keep_content(store.home, latest, content)
        return latest, False
    new = describe(content, path, name, label=label, delimiter=delimiter, encoding=encoding)
    new.tags, new.version = tags or {}, latest.version + 1 if latest else 1
    if not keep:
        return new, True
    _keep_content(store.home, new, content)
    return _add(store, new, wanted)


def describe(
    content: bytes,
    path: Path,
    name: str,
    *,
    label: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
) -> Dataset:
    """The dataset that the content of `path` would become, as version 1. Raises DataError."""
    parsed = reading.parse(content, str(path), delimiter=delimiter, encoding=encoding)
    faults.check_label(parsed.table.column_names, label, str(path))
    return Dataset(
        name=name,
        version=1,
        content_hash=hashlib.sha256(content).hexdigest(),
        file_name=path.name,
        format=parsed.format,
        size_bytes=len(content),
        source=str(path.resolve()),
        created_at=now(),
        profile=profiling.profile(parsed.table, label),
        encoding=parsed.encoding,
        delimiter=parsed.delimiter,
    )


def check_name(name: str) -> None:
    """Raises UsageError unless `name` can stand in NAME:VERSION and in a path."""
    if not NAME.fullmatch(name):
        hint = "use letters, digits, '_', '-' and '.', at most 100, as in --name bankmarketing"
        raise UsageError(f"'{name}' cannot be the name of a dataset", hint=hint)


def _add(store: Store, new: Dataset, wanted: Wanted) -> tuple[Dataset, bool]:
    """Add `new` unless another command has just added the same."""
    made: list[int] = []

    def make(version: int, found: Dataset | None) -> Dataset | None:
        if found is not None and covers(found, *wanted):
            return None
        new.version = version
        made.append(version)
        return new

    return store.datasets.add(new.name, make), bool(made)


def _keep_content(home: Path, dataset: Dataset, content: bytes) -> None:
    place = paths.dataset_file(home, dataset.content_hash, dataset.format)
    if not place.exists():
        write_atomic(place, content)


def _latest(store: Store, name: str) -> Dataset | None:
    try:
        return store.datasets.get(name)
    except NotFoundError:
        return None


def covers(
    known: Dataset, content_hash: str, label: str | None, delimiter: str | None, encoding: str | None
) -> bool:
    """Whether `known` is that content, read in the way that is asked for (None: in any way)."""
    return (
        known.content_hash == content_hash
        and label in (None, known.profile.label)
        and delimiter in (None, known.delimiter)
        and encoding in (None, known.encoding)
    )

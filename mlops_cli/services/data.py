"""What `data register` and `data fetch` mean on any backend."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlops_cli.backends.base import DataBackend
from mlops_cli.config import LoadedProfile
from mlops_cli.config.model import DataSettings
from mlops_cli.domain.data import Dataset, Registration
from mlops_cli.errors import ConfigError, NotFoundError, UsageError

TAB = {"\\t": "\t", "tab": "\t"}


def plan(
    config: LoadedProfile,
    cwd: Path,
    *,
    path: Path | None = None,
    name: str | None = None,
    label: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    tags: dict[str, str] | None = None,
) -> Registration:
    """What is given, completed from the profile's data section where that speaks of the same file or name."""
    section = config.profile.data
    file = cwd / path if path else config.root / section.path if section.path else None
    if file is None:
        raise ConfigError("no file is given and the profile names none", hint="mlops data register FILE")
    if path and not _speaks_of(section, config.root, file, name):
        section = DataSettings()
    return Registration(
        path=file,
        name=name or section.name or file.stem,
        label=label or section.label,
        delimiter=_one_character(delimiter or section.delimiter),
        encoding=encoding or section.encoding,
        tags=section.tags | (tags or {}),
    )


def register(data: DataBackend, wanted: Registration, *, dry_run: bool = False) -> tuple[Dataset, bool]:
    """Register the file, or with `dry_run` say what it would become. Returns the version and if it is new."""
    act = data.preview if dry_run else data.register
    return act(wanted)


def summary(dataset: Dataset) -> dict[str, Any]:
    """The dataset without its profile, as scripts read it."""
    return {
        "name": dataset.name,
        "version": dataset.version,
        "rows": dataset.profile.rows,
        "columns": len(dataset.profile.columns),
        "label": dataset.profile.label,
        "format": dataset.format,
        "encoding": dataset.encoding,
        "delimiter": dataset.delimiter,
        "size_bytes": dataset.size_bytes,
        "content_hash": dataset.content_hash,
        "source": dataset.source,
        "created_at": dataset.created_at,
        "tags": dataset.tags,
    }


def fetch(
    name: str, cwd: Path, out: Path | None, url: str | None, progress: Callable[[int, int | None], None]
) -> dict[str, Any]:
    """Download a public file of the catalogue to `out` (a file or a folder; default: `cwd`)."""
    from mlops_cli.engine.data.catalogue import CATALOGUE
    from mlops_cli.engine.data.fetching import fetch as download

    if name not in CATALOGUE:
        raise NotFoundError(f"there is no public file '{name}'", hint=f"it may be: {', '.join(CATALOGUE)}")
    public = CATALOGUE[name]
    target = cwd / (out or public.file_name)
    target = target / public.file_name if target.is_dir() else target
    source = url or public.url
    changed = download(source, public.sha256, target, progress=progress)
    facts = {"sha256": public.sha256, "licence": public.licence, "citation": public.citation}
    register_as = {"name": public.name, "label": public.label}
    return {"path": str(target), "changed": changed, "url": source, **facts, "register_as": register_as}


def _speaks_of(section: DataSettings, root: Path, file: Path, name: str | None) -> bool:
    if name is not None:
        return name == section.name
    return section.path is None or (root / section.path).resolve() == file.resolve()


def _one_character(delimiter: str | None) -> str | None:
    delimiter = TAB.get(delimiter, delimiter) if delimiter else None
    if delimiter is not None and (len(delimiter) != 1 or delimiter in "\"'\r\n"):
        raise UsageError(f"'{delimiter}' is not a delimiter", hint="give one character, or tab")
    return delimiter

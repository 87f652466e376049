"""The backends by name. Nothing is imported before it is used, and a missing extra is named."""

import importlib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from mlops_cli.backends.base import Backend
from mlops_cli.errors import MissingExtraError, UsageError


class Entry(NamedTuple):
    """Where a backend lives, the extra that brings its packages and one of these to tell whether it is there."""

    module: str
    factory: str
    extra: str
    probe: str


BACKENDS: Mapping[str, Entry] = MappingProxyType(
    {
        "local": Entry("mlops_cli.backends.local", "LocalBackend", "local", "pandas"),
    }
)


def load(name: str, home: Path) -> Backend:
    """The backend `name` with its state below `home`. Raises UsageError or MissingExtraError."""
    entry = BACKENDS.get(name)
    if entry is None:
        known = ", ".join(BACKENDS)
        raise UsageError(f"this version of mlops has no backend '{name}'; it has: {known}", hint=_hint())
    if importlib.util.find_spec(entry.probe) is None:
        install = f"pip install 'mlops-cli[{entry.extra}]'"
        raise MissingExtraError(f"backend '{name}' needs the packages of [{entry.extra}]", hint=install)
    backend: Backend = getattr(importlib.import_module(entry.module), entry.factory)(home)
    return backend


def _hint() -> str:
    return "set `backend: local` in the profile, or add --set backend=local"

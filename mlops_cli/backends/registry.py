"""The backends by name. Nothing is imported before it is used, and a missing extra is named."""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from mlops_cli.backends.base import Backend, Context
from mlops_cli.errors import MissingExtraError, UsageError


class Entry(NamedTuple):
    """Where a backend lives, the extra that brings its packages and one of these to tell whether it is there.

    The factory takes a `Context`. `below` is the first version of Python that the packages do not know.
    """

    module: str
    factory: str
    extra: str
    probe: str
    below: tuple[int, int] | None = None


BACKENDS: Mapping[str, Entry] = MappingProxyType(
    {
        "local": Entry("mlops_cli.backends.local", "create", "local", "pandas"),
        "azureml": Entry("mlops_cli.backends.azureml", "AzureMLBackend", "azure", "azureml.core", (3, 12)),
    }
)


def load(context: Context, name: str | None = None) -> Backend:
    """The profile's backend, or the one named. Raises UsageError or MissingExtraError."""
    name = name or context.config.profile.backend
    entry = BACKENDS.get(name)
    if entry is None:
        known = ", ".join(BACKENDS)
        raise UsageError(f"this version of mlops has no backend '{name}'; it has: {known}", hint=_hint())
    if not _is_there(entry.probe):
        raise MissingExtraError(
            f"backend '{name}' needs the packages of [{entry.extra}]", hint=_install(entry)
        )
    backend: Backend = getattr(importlib.import_module(entry.module), entry.factory)(context)
    return backend


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _install(entry: Entry) -> str:
    command = f"pip install 'mlops-cli[{entry.extra}]'"
    if entry.below and sys.version_info >= entry.below:
        return f"{command} with a Python before {'.'.join(map(str, entry.below))}"
    return command


def _hint() -> str:
    return "set `backend: local` in the profile, or add --set backend=local"

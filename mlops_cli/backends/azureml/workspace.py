"""Which workspace is meant: the profile's three names, or a config.json found as the SDK finds it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from mlops_cli.config import LoadedProfile
from mlops_cli.errors import ConfigError

PLACES = (".azureml/config.json", "config.json", "aml_config/config.json")


class WorkspaceNames(NamedTuple):
    """The three names that Azure knows a workspace by."""

    subscription_id: str
    resource_group: str
    name: str


class _ConfigFile(msgspec.Struct):
    subscription_id: str
    resource_group: str
    workspace_name: str


def workspace_names(config: LoadedProfile) -> WorkspaceNames | None:
    """The workspace's names; None when nothing names one. Raises ConfigError for half of them."""
    section = config.require("workspace").workspace
    given = {
        "subscription_id": section.subscription_id,
        "resource_group": section.resource_group,
        "name": section.name,
    }
    if section.config_file:
        return _read(config.file(section.config_file))
    if not any(given.values()):
        return next((_read(path) for path in _candidates(config.root) if path.is_file()), None)
    if missing := [f"workspace.{key}" for key, value in given.items() if not value]:
        raise ConfigError(f"the profile names half a workspace; without {', '.join(missing)}")
    return WorkspaceNames(**{key: str(value) for key, value in given.items()})


def _candidates(folder: Path) -> Iterator[Path]:
    for place in (folder, *folder.resolve().parents):
        yield from (place / name for name in PLACES)


def _read(path: Path) -> WorkspaceNames:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_ConfigFile)
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        hint = "it needs subscription_id, resource_group and workspace_name"
        raise ConfigError(f"{path} is no workspace file: {error}", hint=hint) from error
    return WorkspaceNames(found.subscription_id, found.resource_group, found.workspace_name)

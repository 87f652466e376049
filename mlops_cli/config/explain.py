"""Where one value of a profile came from, and what may stand there."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from mlops_cli.config.check import nearest, plain
from mlops_cli.config.descriptions import DESCRIPTIONS
from mlops_cli.config.kinds import default, expects, fields, lookup, profile_type
from mlops_cli.config.layers import variable
from mlops_cli.config.load import LoadedProfile
from mlops_cli.config.model import ALIASES
from mlops_cli.config.show import redact
from mlops_cli.config.tree import Node, find
from mlops_cli.errors import ConfigError


class Setting(Struct):
    """A value and where it was written."""

    value: Any
    source: str


class Explanation(Struct, omit_defaults=True):
    """One key or section: its value, what that overrides (the nearest first) and what may stand there."""

    key: str
    value: Any
    source: str
    description: str
    expects: str
    default: Any
    overrides: list[Setting]
    variable: str | None = None
    keys: list[str] | None = None


def explain(loaded: LoadedProfile, key: str) -> Explanation:
    """Explain a key or a section. Raises ConfigError naming the nearest key when there is none such."""
    key = ALIASES.get(key, key)
    spec = lookup(key)
    if spec is None:
        raise ConfigError(f"unknown key '{key}'{_nearest(key)}", hint="mlops config schema lists every key")
    below = list(fields(spec.type))
    return Explanation(
        key=key,
        value=_value(loaded, key),
        source=loaded.provenance(key),
        description=DESCRIPTIONS[key],
        expects=expects(spec.type),
        default=None if below else default(spec),
        overrides=_overridden(find(loaded.tree, key)),
        variable=None if below or key == "extends" else variable(key),
        keys=below or None,
    )


def _value(loaded: LoadedProfile, key: str) -> Any:
    value: Any = redact(loaded.profile, loaded.tree)
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _overridden(node: Node | None) -> list[Setting]:
    settings = []
    while node and (node := node.replaced):
        settings.append(Setting(redact(plain(node), node), node.where))
    return settings


def _nearest(key: str) -> str:
    section, _, name = key.rpartition(".")
    spec = lookup(section) if section else None
    known = fields(spec.type if spec else profile_type())
    return nearest(name, list(known), section if spec else "")

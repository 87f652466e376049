"""The effective profile for people and scripts: defaults filled in, secrets left out."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from mlops_cli.config.load import LoadedProfile
from mlops_cli.config.tree import Node
from mlops_cli.config.variables import is_secret

HIDDEN = "***"
_IN_URL = re.compile(r"(?i)([?&]sig=)[^&\s]+|(//[^/:@\s]+:)[^/@\s]+(?=@)")


def show(loaded: LoadedProfile) -> dict[str, Any]:
    """Every value in effect, in the order of the model; what is empty is left out."""
    shown: dict[str, Any] = redact(loaded.profile, loaded.tree)
    return {section: value for section, value in shown.items() if section != "extends"}


def redact(value: Any, node: Node | None, name: str = "") -> Any:
    """`value` without secrets. `node` is what it was read from, `name` the free key that it stands behind.

    A value without its variable, or from a variable that may hold a secret, is shown as `${VARIABLE}`.
    """
    if node and (node.unset or any(map(is_secret, node.variables))):
        return " ".join(f"${{{variable}}}" for variable in node.variables)
    if isinstance(value, Struct):
        pairs = ((f.name, redact(getattr(value, f.name), _below(node, f.name))) for f in fields(value))
        config = value.__struct_config__
        tag = {config.tag_field: config.tag} if config.tag_field else {}
        return {key: item for key, item in pairs if item not in (None, {}, [])} | tag
    if isinstance(value, dict):
        return {key: redact(item, _below(node, key), key) for key, item in value.items()}
    if isinstance(value, list):
        known = [n for n in node.value if not n.unset] if node and isinstance(node.value, list) else []
        return [redact(item, known[i] if i < len(known) else None, name) for i, item in enumerate(value)]
    if name and is_secret(name):
        return HIDDEN
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return _IN_URL.sub(rf"\1\2{HIDDEN}", value) if isinstance(value, str) else value


def _below(node: Node | None, key: str) -> Node | None:
    return node.value.get(key) if node and isinstance(node.value, dict) else None

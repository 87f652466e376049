"""Checking a tree against the profile's types: every problem at once, and the typed profile of the rest."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec import inspect as types

from mlops_cli.config.kinds import bare, expects, fields, keys, profile_type
from mlops_cli.config.model import ALIASES, Profile
from mlops_cli.config.problems import Problem, did_you_mean
from mlops_cli.config.tree import Node, join
from mlops_cli.config.variables import is_secret

SECRET_VARIABLES = {
    "client_secret": "AZURE_CLIENT_SECRET",
    "certificate_password": "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "password": "AZURE_PASSWORD",
    "token": "AZURE_ACCESS_TOKEN",
    "access_token": "AZURE_ACCESS_TOKEN",
}


def check(tree: Node) -> tuple[Profile, list[Problem]]:
    """The profile that `tree` describes and what is wrong with it; a wrong value counts as not given."""
    checker = Checker()
    plain = checker.value(tree, profile_type(), "")
    return msgspec.convert(plain, Profile), checker.problems


class Checker:
    """Walks tree and type side by side. `value` gives what msgspec converts, or UNSET to leave it out.

    A scalar that `keeps` is taken as it is written.
    """

    def __init__(self, keeps: Callable[[Node], bool] = lambda _: False) -> None:
        self.problems: list[Problem] = []
        self.keeps = keeps

    def value(self, node: Node, kind: types.Type, key: str) -> Any:
        if node.unset:
            return UNSET
        match bare(kind):
            case types.UnionType(types=options) if isinstance(node.value, list) and _lists(options):
                return self.value(node, _lists(options)[0], key)
            case types.UnionType(types=options) if isinstance(node.value, dict) and _tagged(options):
                return self.tagged(node, _tagged(options), key)
            case types.UnionType(types=options) if isinstance(node.value, dict) and _mappings(options):
                return self.value(node, _mappings(options)[0], key)
            case types.StructType() as section if isinstance(node.value, dict):
                return self.section(node, section, key)
            case types.DictType(value_type=item) if isinstance(node.value, dict):
                return self.entries(node, item, key)
            case types.ListType(item_type=item) if isinstance(node.value, list):
                values = [self.value(n, item, f"{key}[{i}]") for i, n in enumerate(node.value)]
                return [v for v in values if v is not UNSET]
            case types.AnyType():
                return plain(node)
            case scalar:
                return self.scalar(node, scalar, key)

    def tagged(self, node: Node, options: dict[Any, types.StructType], key: str) -> Any:
        """One of several kinds of section, told by the key that all of them have."""
        name = str(next(iter(options.values())).tag_field)
        child = node.value.get(name)
        if child is None:
            self.problems.append(Problem(node.key_where or node.where, key, f"needs the key '{name}'"))
            return UNSET
        tag = self.scalar(child, types.LiteralType(tuple(options)), join(key, name))
        return UNSET if tag is UNSET else self.section(node, options[tag], key)

    def section(self, node: Node, kind: types.StructType, key: str) -> Any:
        known = fields(kind)
        values = {}
        for name, child in node.value.items():
            if name == kind.tag_field:
                values[name] = kind.tag
            elif name not in known:
                self.problems.append(_unknown(child, name, list(known), key))
            elif child.value is not None:
                values[name] = self.value(child, known[name].type, join(key, name))
        for name, spec in known.items():
            child = node.value.get(name)
            if spec.required and (child is None or (child.value is None and not child.unset)):
                self.problems.append(Problem(node.key_where or node.where, key, f"needs the key '{name}'"))
        complete = all(values.get(name, UNSET) is not UNSET for name, spec in known.items() if spec.required)
        return {n: v for n, v in values.items() if v is not UNSET} if complete else UNSET

    def entries(self, node: Node, kind: types.Type, key: str) -> dict[str, Any]:
        values = {name: self.value(child, kind, join(key, name)) for name, child in node.value.items()}
        return {name: value for name, value in values.items() if value is not UNSET}

    def scalar(self, node: Node, kind: types.Type, key: str) -> Any:
        value = node.text if self.keeps(node) else _fit(node, kind)
        if value is not UNSET:
            return value
        near = (
            did_you_mean(str(node.text), map(str, kind.values)) if isinstance(kind, types.LiteralType) else ""
        )
        message = f"expects {expects(kind)}, got {shown(node)}{near}"
        self.problems.append(Problem(node.where, key, message))
        return UNSET


def plain(node: Node) -> Any:
    """A tree as ordinary dicts, lists and scalars, without what has no value."""
    if isinstance(node.value, dict):
        return {name: plain(child) for name, child in node.value.items() if not child.unset}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value if not child.unset]
    return node.value


def shown(node: Node) -> str:
    """A value for a message: short, and by its variable's name where that may be a secret."""
    if isinstance(node.value, dict):
        return "a mapping"
    if isinstance(node.value, list):
        return "a list"
    if any(map(is_secret, node.variables)):
        return f"${{{node.variables[0]}}}"
    if node.value is None and not node.text:
        return "nothing"
    text = repr(node.text)
    return text if len(text) <= 40 else text[:37] + "..."


def _tagged(options: tuple[types.Type, ...]) -> dict[Any, types.StructType]:
    kinds = [o for o in options if isinstance(o, types.StructType) and o.tag_field]
    return {kind.tag: kind for kind in sorted(kinds, key=lambda kind: str(kind.tag))}


def _lists(options: tuple[types.Type, ...]) -> list[types.Type]:
    return [option for option in options if isinstance(bare(option), types.ListType)]


def _mappings(options: tuple[types.Type, ...]) -> list[types.Type]:
    return [option for option in options if isinstance(bare(option), types.DictType)]


def _fit(node: Node, kind: types.Type) -> Any:
    """The value as `kind`, or UNSET. Text is taken as written: `no` and `1.0` stay what they are."""
    value, text = node.value, node.text
    match kind:
        case types.UnionType(types=options):
            return next((fit for o in options if (fit := _fit(node, bare(o))) is not UNSET), UNSET)
        case types.StrType(pattern=pattern):
            given = text is not None and value is not None
            return text if given and re.search(pattern or "", str(text)) else UNSET
        case types.LiteralType(values=values):
            return text if text in values else UNSET
        case types.BoolType():
            return value if isinstance(value, bool) else UNSET
        case types.IntType():
            whole = isinstance(value, int) and not isinstance(value, bool)
            return value if whole and _within(value, kind) else UNSET
        case types.FloatType():
            number = _number(node)
            return number if number is not None and _within(number, kind) else UNSET
        case _:
            return UNSET


def _number(node: Node) -> float | None:
    """A finite number; also one such as 1e-3, which YAML 1.1 takes for text."""
    if isinstance(node.value, bool | list | dict) or node.value is None:
        return None
    try:
        number = float(node.value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _within(value: float, kind: types.IntType | types.FloatType) -> bool:
    return (
        (kind.gt is None or value > kind.gt)
        and (kind.ge is None or value >= kind.ge)
        and (kind.lt is None or value < kind.lt)
        and (kind.le is None or value <= kind.le)
    )


def _unknown(node: Node, name: str, known: list[str], section: str) -> Problem:
    key = join(section, name)
    where = node.key_where or node.where
    if name in SECRET_VARIABLES:
        return Problem(where, key, f"a profile holds no secrets; set {SECRET_VARIABLES[name]} instead")
    return Problem(where, key, f"unknown key{nearest(name, known, section)}")


def nearest(name: str, known: list[str], section: str = "") -> str:
    """How an unknown key goes on: the key that was meant, or the keys that there are."""
    short = [a.rpartition(".")[2] for a in ALIASES if a.startswith(f"{section}.")]
    elsewhere = [key for key in keys() if key.rpartition(".")[2] == name]
    return (
        did_you_mean(name, [*known, *short])
        or (f", did you mean '{elsewhere[0]}'?" if elsewhere else "")
        or f"; valid keys: {', '.join(known)}"
    )

"""The types of a profile's keys: looking them up and saying them in words."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect as types

from mlops_cli.config.model import Profile
from mlops_cli.config.tree import join


@cache
def profile_type() -> types.StructType:
    kind = types.type_info(Profile)
    assert isinstance(kind, types.StructType)
    return kind


def bare(kind: types.Type) -> types.Type:
    """`kind` without `| None`, and literals of a union as one."""
    if isinstance(kind, types.UnionType):
        rest = [k for k in kind.types if not isinstance(k, types.NoneType)]
        if all(isinstance(k, types.LiteralType) for k in rest):
            return types.LiteralType(tuple(v for k in rest for v in getattr(k, "values", ())))
        return bare(rest[0]) if len(rest) == 1 else types.UnionType(tuple(rest))
    return kind


def fields(kind: types.Type) -> dict[str, types.Field]:
    """The keys of a section; empty for anything else."""
    kind = bare(kind)
    return {f.encode_name: f for f in kind.fields} if isinstance(kind, types.StructType) else {}


def lookup(key: str) -> types.Field | None:
    """The field at the dotted `key`."""
    kind: types.Type = profile_type()
    found: types.Field | None = None
    for part in key.split("."):
        found = fields(kind).get(part)
        if found is None:
            return None
        kind = found.type
    return found


def keys(kind: types.Type | None = None, prefix: str = "") -> Iterator[str]:
    """Every key that a layer above the files may set, as dotted paths; sections are left out."""
    for name, spec in fields(kind or profile_type()).items():
        key = join(prefix, name)
        if fields(spec.type):
            yield from keys(spec.type, key)
        elif key != "extends":
            yield key


def step_keys(step: type[msgspec.Struct]) -> dict[str, types.Field]:
    """The keys of a type of step; those of its environment are dotted."""
    found = fields(types.type_info(step))
    inner = found.pop("environment")
    return found | {f"environment.{name}": spec for name, spec in fields(inner.type).items()}


def default(spec: types.Field) -> Any:
    """The default of a field as JSON has it; None where there is none."""
    if spec.default is not msgspec.NODEFAULT:
        return spec.default
    return None if spec.default_factory is msgspec.NODEFAULT else msgspec.to_builtins(spec.default_factory())


def expects(kind: types.Type) -> str:
    """What may stand there, in words."""
    match bare(kind):
        case types.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}" if len(values) > 1 else str(values[0])
        case types.UnionType(types=options):
            lists_last = sorted(options, key=lambda option: isinstance(bare(option), types.ListType))
            return " or ".join(dict.fromkeys(map(expects, lists_last)))
        case types.BoolType():
            return "true or false"
        case types.IntType() as number:
            return f"a whole number{_bounds(number)}"
        case types.FloatType() as number:
            return f"a number{_bounds(number)}"
        case types.ListType(item_type=item):
            return f"a list, each {expects(item)}"
        case types.StructType() | types.DictType():
            return "a mapping"
        case types.StrType(pattern=str()):
            return "a file name"
        case _:
            return "text"


def _bounds(number: types.IntType | types.FloatType) -> str:
    words = {"gt": "above", "ge": "from", "lt": "below", "le": "to"}
    parts = [
        f"{word} {limit:g}" for name, word in words.items() if (limit := getattr(number, name)) is not None
    ]
    return " " + " ".join(parts) if parts else ""

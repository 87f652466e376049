"""A body decoded and checked in one go, by types made from the model's schema.

The types are stricter than `check_rows`: what they refuse may be right all the same (numbers written as text,
say), so it is then decoded and checked the slow way, which finds the exact problems.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from mlops_cli.domain.schema import InputField

_LARGEST = 3e38
Number = Annotated[float, Meta(gt=-_LARGEST, lt=_LARGEST)] | None
Anything = str | int | float | bool | None
_DIRECT: dict[str, Any] = {"integer": Number, "number": Number, "boolean": bool | None, "string": str | None}


class Body(Struct):
    """What a client sent; `rows` are of the type made by `row_type`."""

    rows: list[Any]
    parameters: Any
    wrapped: bool


class BodyDecoder:
    """Decodes bodies whose rows have `fields`, in that order; those in `free` may hold any scalar."""

    def __init__(self, fields: list[InputField], free: set[str]) -> None:
        row = _row_type(fields, free)
        rows = Annotated[list[row], Meta(min_length=1)]  # type: ignore[valid-type]
        inner = defstruct("Inputs", [("data", rows)])
        members: list[tuple[str, Any, Any]] = [
            ("data", rows | UnsetType, UNSET),
            ("Inputs", inner | UnsetType, UNSET),
            ("GlobalParameters", Any, None),
        ]
        self._decoder = msgspec.json.Decoder(defstruct("Body", members))

    def decode(self, body: bytes) -> Body | None:
        """None when the body is not of the plain form, right or wrong."""
        try:
            found: Any = self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        if found.Inputs is not UNSET:
            return Body(found.Inputs.data, found.GlobalParameters, True)
        return None if found.data is UNSET else Body(found.data, found.GlobalParameters, False)


def _row_type(fields: list[InputField], free: set[str]) -> type[Struct]:
    """Members f0, f1, … under the columns' own names; all are required, no other is allowed."""
    members = [
        (f"f{i}", Anything if f.name in free else _DIRECT.get(f.type, Anything)) for i, f in enumerate(fields)
    ]
    names = {f"f{i}": f.name for i, f in enumerate(fields)}
    return defstruct("Row", members, rename=names, forbid_unknown_fields=True, gc=False)

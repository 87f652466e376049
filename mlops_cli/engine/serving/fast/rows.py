"""A body decoded and checked in one go, by types made from the model's schema.

The types are stricter than `check_rows`: what they refuse may be right all the same (numbers written as text,
say), so it is then decoded and checked the slow way, which finds the exact problems.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Annotated, Any, cast

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
    """Decodes bodies whose rows have `fields`, in that order; those in `free` may hold any scalar.

    `codes` are types (see codes_type) that decode the texts of a field to numbers.
    """

    def __init__(self, fields: list[InputField], free: set[str], codes: Mapping[str, type[float]]) -> None:
        row = _row_type(fields, free, codes)
        rows = Annotated[list[row], Meta(min_length=1)]  # type: ignore[valid-type]
        inner = defstruct("Inputs", [("data", rows)])
        members: list[tuple[str, Any, Any]] = [
            ("data", rows | UnsetType, UNSET),
            ("Inputs", inner | UnsetType, UNSET),
            ("GlobalParameters", Any, None),
            ("method", Any, None),
        ]
        self._decoder = msgspec.json.Decoder(defstruct("Body", members))

    def decode(self, body: bytes) -> Body | None:
        """None when the body is not of the plain form, right or wrong."""
        try:
            found: Any = self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        parameters = found.GlobalParameters
        if parameters is None and found.method is not None:
            parameters = {"method": found.method}
        if found.Inputs is not UNSET:
            return Body(found.Inputs.data, parameters, True)
        return None if found.data is UNSET else Body(found.data, parameters, False)


def codes_type(codes: Mapping[str, float], other: Callable[[str], float]) -> type[float]:
    """An enumeration of `codes`: msgspec decodes a text to its member, which is a float, and never makes a str
    of it. Texts that are not among them are given to `other`."""

    class Code(float, Enum):
        def __new__(cls, text: str, code: float) -> "Code":
            self = float.__new__(cls, code)
            self._value_ = text
            return self

        @classmethod
        def _missing_(cls, value: object) -> float:
            return other(str(value))

        __hash__ = float.__hash__
        __repr__ = float.__repr__

    # An enumeration of nothing cannot be; an empty text is a missing value whatever else there is.
    known = {"": other(""), **codes}
    made: Any = Code
    return cast(type[float], made("Code", [(f"c{i}", item) for i, item in enumerate(known.items())]))


def _row_type(fields: list[InputField], free: set[str], codes: Mapping[str, type[float]]) -> type[Struct]:
    """Members f0, f1, … under the columns' own names; all are required, no other is allowed."""
    members = [(f"f{i}", _type(f, free, codes)) for i, f in enumerate(fields)]
    names = {f"f{i}": f.name for i, f in enumerate(fields)}
    return defstruct("Row", members, rename=names, forbid_unknown_fields=True, gc=False)


def _type(field: InputField, free: set[str], codes: Mapping[str, type[float]]) -> Any:
    if field.name in codes:
        return codes[field.name] | None
    return Anything if field.name in free else _DIRECT.get(field.type, Anything)

"""Rows to the numbers that a compiled model reads."""

import struct
from array import array
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from operator import getitem
from typing import Any, NamedTuple, cast

import numpy as np
from msgspec import Struct
from msgspec.structs import astuple

from mlops_cli.domain.data import Row
from mlops_cli.domain.schema import InputField, ModelSchema, accepts
from mlops_cli.engine.model.columns import CategoryColumn, Column
from mlops_cli.engine.serving.fast.rows import BodyDecoder, codes_type
from mlops_cli.engine.serving.fast.table import GROUPS, Table

_REMEMBERED = 4096
_SHORT = 64
_FEW = 32
Floats = tuple[float, ...]


class UnfitValueError(ValueError):
    """A value that its column does not accept."""


class _Slot(NamedTuple):
    """One input; `column` is None when the model does not read it."""

    field: InputField
    column: Column | None
    means: list[list[float]] | None
    group: str

    def takes_anything(self) -> bool:
        return self.group == "computed" or (self.group == "unread" and self.field.type == "string")


class Encoder:
    """`decoder` decodes the rows that `encode` takes; `encode_dicts` takes what `check_rows` found right.

    Numbers, and the codes of categories, come from the decoder as they go into the matrix.
    """

    def __init__(self, schema: ModelSchema, table: Table) -> None:
        slots = _slots(schema, table)
        groups = {name: [slot for slot in slots if slot.group == name] for name in (*GROUPS, "unread")}
        ordered = [slot for found in groups.values() for slot in found]
        self._numbers = len(groups["number"])
        self._computed = [_computed(slot) for slot in groups["computed"]]
        self._first_code = self._numbers + len(self._computed)
        self._read = self._first_code + len(groups["category"])
        self._layout = table.layout()
        looked_up = [(i, part - 1) for i, part in self._layout if part and table.groups[i] == "category"]
        self._means = [_Means(slots[i], part) for i, part in looked_up]
        self._with_means = self._first_code + sum(part == 0 for _, part in looked_up)
        self._classes = max((part + 1 for _, part in looked_up), default=0)
        self._any = [(slot.field.name, _encoding(slot)) for slot in slots if slot.column]
        free = {slot.field.name for slot in slots if slot.takes_anything()}
        codes = {slot.field.name: _codes(slot) for slot in groups["category"]}
        self.decoder = BodyDecoder([slot.field for slot in ordered], free, codes)

    def encode(self, rows: Sequence[Struct]) -> bytes:
        """Their cells (see engine.Engine). UnfitValueError when a value is not accepted."""
        return self._by_row(rows) if len(rows) <= _FEW else self._by_column(rows)

    def _by_column(self, rows: Sequence[Struct]) -> bytes:
        """The quicker way for many rows."""
        flat = list(chain.from_iterable(map(astuple, rows)))
        columns = [flat[i :: len(flat) // len(rows)] for i in range(self._read)]
        first = self._first_code
        parts = [*map(_doubles, columns[: self._numbers])]
        for encode, values in zip(self._computed, columns[self._numbers : first], strict=True):
            encoded = np.fromiter(chain.from_iterable(map(encode, values)), np.float64)
            parts.extend(encoded.reshape(len(rows), -1).T)
        parts.extend(map(_doubles, columns[first:]))
        repeated = columns[first : self._with_means] * self._classes
        for means, values in zip(self._means, repeated, strict=True):
            parts.append(np.fromiter(map(means.__getitem__, values), np.float64))
        return np.stack(parts, axis=1).tobytes()

    def _by_row(self, rows: Sequence[Struct]) -> bytes:
        flat: list[float | None] = []
        numbers, first, end, means = self._numbers, self._first_code, self._read, self._means
        for row in rows:
            values = astuple(row)
            if first > numbers:
                flat += values[:numbers]
                for compute, value in zip(self._computed, values[numbers:first], strict=True):
                    flat += compute(value)
                flat += values[first:end]
            else:
                flat += values[:end]
            if means:
                flat += map(getitem, means, values[first : self._with_means] * self._classes)
        return _packed(flat)

    def encode_dicts(self, rows: Sequence[Row]) -> bytes:
        """As `encode`, of any values, by the code that the model itself was trained with."""
        found = ([encode(row.get(name)) for name, encode in self._any] for row in rows)
        return _packed([numbers[column][part] for numbers in found for column, part in self._layout])


class _Means(dict[float | None, float]):
    """The code of a category to the mean of one class; what is missing, or was never seen, has one of its own."""

    def __init__(self, slot: _Slot, part: int) -> None:
        assert slot.means
        *known, self._other = [means[part] for means in slot.means]
        super().__init__({float(code): mean for code, mean in enumerate(known)})

    def __missing__(self, code: float | None) -> float:
        return self._other


def _codes(slot: _Slot) -> type[float]:
    assert isinstance(slot.column, CategoryColumn)
    encode = slot.column.encode
    return codes_type(slot.column.codes, lambda text: encode(text)[0])


def _packed(cells: list[float | None]) -> bytes:
    """NaN for None."""
    try:
        return _packer(len(cells))(*cells)
    except struct.error:
        return np.array(cells, dtype=np.float64).tobytes()


@lru_cache(1024)
def _packer(count: int) -> Callable[..., bytes]:
    return struct.Struct(f"{count}d").pack


def _doubles(values: Sequence[float | None]) -> np.ndarray:
    """NaN for None."""
    try:
        return np.frombuffer(array("d", cast(Sequence[float], values)))
    except TypeError:
        return np.array(values, dtype=np.float64)


def _encoding(slot: _Slot) -> Callable[[Any], Floats]:
    """A value to the numbers of its column, and the means of its category."""
    column, means = slot.column, slot.means
    assert column
    if means is None:
        return column.encode

    def encode(value: Any) -> Floats:
        code = column.encode(value)
        return (*code, *means[int(code[0]) if code[0] == code[0] else -1])

    return encode


def _computed(slot: _Slot) -> Callable[[Any], Floats]:
    """Checks and encodes; short values are remembered, for dates come again and again."""
    encode = _encoding(slot) if slot.column else None

    def compute(value: Any) -> Floats:
        if not accepts(slot.field.type, value):
            raise UnfitValueError
        return encode(value) if encode else ()

    remembered = lru_cache(_REMEMBERED, typed=True)(compute)
    return lambda value: (
        compute(value) if isinstance(value, str) and len(value) > _SHORT else remembered(value)
    )


def _slots(schema: ModelSchema, table: Table) -> list[_Slot]:
    """What the model reads in the order of its matrix, then the rest."""
    fields = {f.name: f for f in schema.inputs}
    encoders = zip(table.encoders(), table.groups, strict=True)
    read = [_Slot(fields[c.name], c, table.means.get(c.name), group) for c, group in encoders]
    names = {slot.field.name for slot in read}
    return read + [_Slot(f, None, None, _unread(f)) for f in schema.inputs if f.name not in names]


def _unread(field: InputField) -> str:
    """The texts of dates are checked though the model reads none of them."""
    return "computed" if field.type == "datetime" else "unread"

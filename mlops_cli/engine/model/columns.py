"""Encoders of single columns: one raw value in, a few floats out. Pickled inside a model; no pandas here."""

import re
import zlib
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from mlops_cli.engine.model.values import NAN, parse_date, to_key, to_number

_WORD = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class NumberColumn:
    """A number as it is; missing is NaN. Texts may write it with a decimal comma."""

    name: str
    purpose: str = "number"
    decimal_comma: bool = False

    @property
    def outputs(self) -> list[str]:
        return [self.name]

    def encode(self, value: Any) -> tuple[float, ...]:
        return (to_number(value, getattr(self, "decimal_comma", False)),)  # earlier versions pickled none


@dataclass(slots=True)
class CategoryColumn:
    """The position of a category in the sorted list of known ones; missing and unseen are NaN."""

    name: str
    codes: dict[str, float]
    purpose: str = "category"

    @property
    def outputs(self) -> list[str]:
        return [self.name]

    def encode(self, value: Any) -> tuple[float, ...]:
        key = to_key(value)
        return (NAN,) if key is None else (self.codes.get(key, NAN),)


DATE_PARTS = ("days", "year", "month", "day", "weekday", "day_of_year", "hour")


@dataclass(slots=True)
class DateColumn:
    """Parts of a date and the days since 1970."""

    name: str
    format: str
    with_hours: bool
    purpose: str = "date"

    @property
    def outputs(self) -> list[str]:
        return [f"{self.name}.{part}" for part in (DATE_PARTS if self.with_hours else DATE_PARTS[:-1])]

    def encode(self, value: Any) -> tuple[float, ...]:
        moment = parse_date(value, self.format)
        if moment is None:
            return (NAN,) * len(self.outputs)
        hours = moment.hour + moment.minute / 60
        days = moment.toordinal() - 719163 + hours / 24
        day_of_year = moment.timetuple().tm_yday
        parts = (days, moment.year, moment.month, moment.day, moment.weekday(), day_of_year)
        return (*parts, hours) if self.with_hours else parts


def grams(text: str) -> list[str]:
    """Words and pairs of words."""
    words = _WORD.findall(text.lower())
    return words + [f"{a} {b}" for a, b in pairwise(words)]


@dataclass(slots=True)
class TextColumn:
    """Free text: counts of the words and pairs of words in `vocabulary` and of all others hashed, the number of
    words and of characters."""

    name: str
    width: int = 32
    purpose: str = "text"
    vocabulary: list[str] = field(default_factory=list)
    outputs: list[str] = field(init=False)
    _places: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        counted = [*self.vocabulary, *(f"hash{i}" for i in range(self.width)), "words", "characters"]
        self.outputs = [f"{self.name}.{each}" for each in counted]
        self._places = {gram: place for place, gram in enumerate(self.vocabulary)}

    def encode(self, value: Any) -> tuple[float, ...]:
        text = (to_key(value) or "").lower()
        known = len(self.vocabulary)
        counts = [0.0] * (known + self.width)
        for gram in grams(text):
            place = self._places.get(gram)
            counts[known + zlib.crc32(gram.encode()) % self.width if place is None else place] += 1
        return (*counts, len(_WORD.findall(text)), len(text))


Column = NumberColumn | CategoryColumn | DateColumn | TextColumn

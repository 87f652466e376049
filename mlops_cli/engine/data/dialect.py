"""How a CSV file is written: what separates, what quotes, and the decimal mark."""

import csv
import io
import itertools
import re
from collections import Counter
from typing import Any, NamedTuple

DELIMITERS = (",", ";", "\t", "|")
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")
DECIMAL_POINT = re.compile(r"-?\d+\.\d+")
HEAD_BYTES = 256 * 1024
HEAD_ROWS = 100


class Dialect(NamedTuple):
    delimiter: str
    quote: str = '"'
    decimal: str = "."


def detect(utf8: bytes, delimiter: str | None = None) -> tuple[Dialect, list[list[str]]]:
    """The dialect of a CSV file from its head, and the head's rows (the header first).

    The delimiter is the one under which most of the first rows are as wide as the header, wider winning.
    """
    head = _head(utf8)
    quote = _quote(head)
    choices = [delimiter] if delimiter else DELIMITERS
    parsed = {choice: parse(head, Dialect(choice, quote)) for choice in choices}
    best = max(choices, key=lambda choice: _fit(parsed[choice]))
    return Dialect(best, quote, _decimal(best, parsed[best])), parsed[best]


def parse(text: str, dialect: Dialect) -> list[list[str]]:
    """The first rows, blank lines left out."""
    return list(itertools.islice(filter(None, reader(text, dialect)), HEAD_ROWS))


def reader(text: str, dialect: Dialect) -> Any:
    """A `csv.reader` of the text; its `line_num` is the line that it has read last."""
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    lines = io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote)


def _head(utf8: bytes) -> str:
    if len(utf8) <= HEAD_BYTES:
        return utf8.decode()
    end = utf8.find(b"\n", HEAD_BYTES)
    return (utf8[:end] if end > 0 else utf8).decode()


def _quote(head: str) -> str:
    around = Counter(re.findall(r"(?:^|[,;\t|])(['\"])[^'\"\n]*\1(?=[,;\t|\r\n]|$)", head, re.MULTILINE))
    return "'" if around["'"] > around['"'] else '"'


def _fit(rows: list[list[str]]) -> tuple[float, int]:
    width = len(rows[0]) if rows else 0
    same = sum(len(row) == width for row in rows)
    return (same / len(rows), width) if width > 1 else (0.0, width)


def _decimal(delimiter: str, rows: list[list[str]]) -> str:
    if delimiter == ",":
        return "."
    values = [value for row in rows[1:] for value in row]
    commas = sum(DECIMAL_COMMA.fullmatch(value) is not None for value in values)
    return "," if commas and not any(DECIMAL_POINT.fullmatch(value) for value in values) else "."

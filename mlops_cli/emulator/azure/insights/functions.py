"""What the functions, aggregates and comparisons of the Kusto query language come to."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

UTC = datetime.UTC


@dataclass
class Scope:
    """`row` is the row at hand, `rows` those of its group."""

    row: Document
    rows: Sequence[Document] = field(default_factory=list)


Expression = Callable[[Scope], Any]


def call(name: str, parts: list[Expression]) -> Expression:
    if name in AGGREGATES:
        return lambda scope: AGGREGATES[name](scope, parts)
    if name not in _FUNCTIONS:
        raise bad_request(f"The emulator has no function {name}().", "BadArgumentError")
    return lambda scope: _FUNCTIONS[name](*(part(scope) for part in parts))


def _values(scope: Scope, part: Expression) -> list[Any]:
    found = [part(Scope(row)) for row in scope.rows]
    return [value for value in found if value is not None]


def _percentile(scope: Scope, parts: list[Expression]) -> Any:
    values = sorted(_values(scope, parts[0]))
    share = parts[1](scope) / 100
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


def _mean(values: list[Any]) -> Any:
    return sum(values) / len(values) if values else None


AGGREGATES: dict[str, Callable[[Scope, list[Expression]], Any]] = {
    "count": lambda scope, _: len(scope.rows),
    "countif": lambda scope, parts: sum(bool(parts[0](Scope(row))) for row in scope.rows),
    "sum": lambda scope, parts: sum(_values(scope, parts[0])),
    "avg": lambda scope, parts: _mean(_values(scope, parts[0])),
    "min": lambda scope, parts: min(_values(scope, parts[0]), default=None),
    "max": lambda scope, parts: max(_values(scope, parts[0]), default=None),
    "dcount": lambda scope, parts: len(set(map(str, _values(scope, parts[0])))),
    "percentile": _percentile,
}


def _bin(value: Any, size: Any) -> Any:
    if isinstance(value, datetime.datetime):
        start = datetime.datetime(1970, 1, 1, tzinfo=UTC)
        return start + ((value - start) // size) * size
    return value // size * size


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ago": lambda span: datetime.datetime.now(UTC) - span,
    "now": lambda span=datetime.timedelta(): datetime.datetime.now(UTC) + span,
    "datetime": lambda text: moment(str(text)),
    "todatetime": lambda text: moment(str(text)),
    "bin": _bin,
    "tostring": lambda value: "" if value is None else str(value),
    "toint": lambda value: int(float(value)),
    "todouble": lambda value: float(value),
    "tobool": lambda value: str(value).lower() in ("true", "1"),
    "iff": lambda condition, yes, no: yes if condition else no,
    "not": lambda value: not value,
    "round": lambda value, digits=0: round(value, digits) if value is not None else None,
    "isempty": lambda value: value in (None, ""),
    "isnotempty": lambda value: value not in (None, ""),
}


def moment(text: str) -> datetime.datetime:
    """A time, in UTC where it names no zone. Raises ApiError 400."""
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise bad_request(f"'{text}' is no time.", "BadArgumentError") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return str(a).lower() == str(b).lower()
    if isinstance(a, str) != isinstance(b, str):
        return str(a) == str(b)
    return bool(a == b)


def ordered(a: Any, b: Any, compare: Callable[[Any, Any], bool]) -> bool:
    if a is None or b is None:
        return False
    try:
        if isinstance(a, str) != isinstance(b, str) and not isinstance(a, datetime.datetime):
            return compare(float(a), float(b))
        return compare(a, b)
    except (TypeError, ValueError):
        return False

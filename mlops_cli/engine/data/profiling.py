"""Schema and statistics of a table, computed once, when a dataset is registered."""

import math
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from mlops_cli.domain.data import ColumnProfile, ColumnType, DataProfile, Scalar
from mlops_cli.engine.data import dates, guardrails, reading

MAX_CATEGORIES = 100
MAX_INTEGER_CLASSES = 20
EXAMPLE_ROWS = 5


def profile(table: pa.Table, label: str | None = None) -> DataProfile:
    """Types, statistics, label balance, guardrails and the first rows of a table as `reading.parse` gives it."""
    columns = [describe(name, table.column(name)) for name in table.column_names]
    result = DataProfile(
        rows=table.num_rows,
        columns=columns,
        label=label,
        balance=next((balance(column) for column in columns if column.name == label), None),
        example=reading.to_rows(table.slice(0, EXAMPLE_ROWS)),
    )
    result.guardrails = guardrails.check(table, result)
    return result


def describe(name: str, column: pa.ChunkedArray) -> ColumnProfile:
    """Type and statistics of one column."""
    values = column.drop_null()
    stamps = dates.parse(values) if pa.types.is_string(values.type) else None
    values = values if stamps is None else stamps
    kind = type_of(values.type)
    result = ColumnProfile(name, kind, missing=column.null_count)
    counted = pc.value_counts(values)
    result.distinct = len(counted)
    if kind in ("integer", "number", "datetime"):
        _add_range(result, values)
    if kind != "datetime" and 0 < result.distinct <= MAX_CATEGORIES:
        pairs = [(pair["values"].as_py(), pair["counts"].as_py()) for pair in counted]
        pairs.sort(key=lambda pair: (-pair[1], pair[0]))
        result.categories = [value for value, _ in pairs]
        result.counts = [count for _, count in pairs]
    return result


def type_of(kind: pa.DataType) -> ColumnType:
    """Our name for the type of an Arrow column as `reading.parse` gives it."""
    if pa.types.is_timestamp(kind):
        return "datetime"
    if pa.types.is_boolean(kind):
        return "boolean"
    if pa.types.is_integer(kind):
        return "integer"
    return "number" if pa.types.is_floating(kind) else "string"


def balance(label: ColumnProfile) -> dict[str, int] | None:
    """Rows of each class, the largest first; None when the label is a quantity."""
    if label.categories is None or label.counts is None or label.type == "number":
        return None
    if label.type == "integer" and label.distinct > MAX_INTEGER_CLASSES:
        return None
    return dict(zip(map(str, label.categories), label.counts, strict=True))


def _add_range(result: ColumnProfile, values: pa.ChunkedArray) -> None:
    ends = pc.min_max(values)
    result.min, result.max = _scalar(ends["min"].as_py()), _scalar(ends["max"].as_py())
    if result.type != "datetime" and len(values):
        result.mean = _finite(pc.mean(values).as_py())
        result.std = _finite(pc.stddev(values, ddof=1).as_py())


def _scalar(value: Any) -> Scalar:
    if not hasattr(value, "isoformat"):
        return value
    text: str = value.isoformat()
    return text.removesuffix("T00:00:00")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None

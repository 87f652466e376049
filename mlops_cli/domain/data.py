"""What is known about a registered dataset: columns, statistics, guardrails, versions."""

from pathlib import Path
from typing import Literal

from msgspec import Struct, field

ColumnType = Literal["integer", "number", "boolean", "string", "datetime"]
Scalar = str | int | float | bool | None
Row = dict[str, Scalar]


class ColumnProfile(Struct):
    """Statistics of one column, computed once at registration.

    `missing` and `distinct` count rows and values; `min` and `max` are ISO 8601 strings for a datetime and
    absent for a string; `mean` is of numbers only. `categories` holds all values, most frequent first, when
    there are few enough to list them (at most 100).
    """

    name: str
    type: ColumnType
    missing: int = 0
    distinct: int = 0
    min: Scalar = None
    max: Scalar = None
    mean: float | None = None
    std: float | None = None
    categories: list[Scalar] | None = None
    counts: list[int] | None = None


class Guardrail(Struct):
    """Something about the data that a modeller should know before training.

    `code` is one of imbalance, missing_values, high_cardinality, constant_column, duplicate_column,
    duplicate_rows, id_like_column, leakage_suspect, few_rows.
    """

    code: str
    message: str
    severity: Literal["info", "warning"] = "warning"
    column: str | None = None


class DataProfile(Struct):
    """Schema, statistics and guardrails of one dataset version. `example` holds a few true rows."""

    rows: int
    columns: list[ColumnProfile]
    label: str | None = None
    balance: dict[str, int] | None = None
    guardrails: list[Guardrail] = field(default_factory=list)
    example: list[Row] = field(default_factory=list)


class Dataset(Struct):
    """One version of a registered dataset; the content of the latest version makes no new one."""

    name: str
    version: int
    content_hash: str
    file_name: str
    format: Literal["csv", "parquet"]
    size_bytes: int
    source: str
    created_at: str
    profile: DataProfile
    encoding: str | None = None
    delimiter: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


class Registration(Struct):
    """What is to be registered, and how the file is to be read (None: found out)."""

    path: Path
    name: str
    label: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


def versioned(text: str) -> tuple[str, int | None]:
    """Name and version of NAME[:VERSION]; without a version the newest is meant."""
    name, _, version = text.partition(":")
    return name, int(version) if version.isdigit() else None

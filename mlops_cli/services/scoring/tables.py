"""Tables in and out of scoring: every cell that comes in goes out as it was written."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from mlops_cli.domain.data import ColumnType, Row
from mlops_cli.errors import DataError, MissingExtraError, UsageError
from mlops_cli.writing import errors_of, write_text

PARQUET_MAGIC = b"PAR1"
DELIMITERS = (",", ";", "\t", "|")
MISSING = frozenset(
    {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "1.#IND", "1.#QNAN", "-NaN", "-nan", "NaN", "nan"}
    | {"N/A", "NA", "NULL", "n/a", "null"}
)
"""How a missing value is written in a CSV; the same that training takes for one (Arrow's defaults)."""


class Table(NamedTuple):
    """Columns and rows as the file has them: texts of a CSV, Python values of a Parquet file."""

    columns: list[str]
    rows: list[list[Any]]
    delimiter: str = ","


def read(content: bytes, name: str) -> Table:
    """A CSV (any usual delimiter) or a Parquet file. Raises DataError naming the line."""
    if content.startswith(PARQUET_MAGIC):
        return _read_parquet(content, name)
    return _read_csv(_decode(content, name), name)


def to_rows(table: Table, types: dict[str, ColumnType]) -> list[Row]:
    """The columns named in `types` as JSON values of these types; what cannot be converted stays text."""
    places = [
        (table.columns.index(name), name, kind) for name, kind in types.items() if name in table.columns
    ]
    decimal_comma = table.delimiter != ","
    return [
        {name: to_json(row[place], kind, decimal_comma=decimal_comma) for place, name, kind in places}
        for row in table.rows
    ]


def to_json(value: Any, kind: ColumnType, *, decimal_comma: bool = False) -> Any:
    """One cell as JSON; numbers may have a decimal comma where the comma separates no columns."""
    if not isinstance(value, str):
        return _plain(value)
    text = value.strip()
    if text in MISSING:
        return None
    if kind in ("integer", "number"):
        return _number(text.replace(",", ".") if decimal_comma else text)
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return value


def with_columns(table: Table, names: Sequence[str], values: Sequence[Sequence[Any]]) -> Table:
    """The table with further columns; a name that is taken gets a number."""
    columns = list(table.columns)
    for name in names:
        taken = sum(column == name or column.startswith(f"{name}_") for column in columns)
        columns.append(name if name not in columns else f"{name}_{taken + 1}")
    rows = [[*row, *more] for row, more in zip(table.rows, values, strict=True)]
    return Table(columns, rows, table.delimiter)


def to_csv(table: Table) -> str:
    """As CSV with the delimiter that the table came with."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return out.getvalue()


def write(table: Table, path: Path) -> None:
    """As Parquet where the name says so, otherwise as CSV."""
    if path.suffix != ".parquet":
        return write_text(path, to_csv(table))
    arrow, parquet = _pyarrow()
    columns = {name: [row[i] for row in table.rows] for i, name in enumerate(table.columns)}
    with errors_of(path):
        parquet.write_table(arrow.table(columns), path)
    return None


def _decode(content: bytes, name: str) -> str:
    if b"\0" in content[:4096]:
        raise DataError(f"{name} is no text: neither CSV nor JSON nor Parquet")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _read_csv(text: str, name: str) -> Table:
    header = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        columns = [column.strip() for column in next(reader, [])]
        rows = list(_whole_rows(reader, columns, name))
    except csv.Error as error:
        raise DataError(f"{name}:{reader.line_num}: {error}") from None
    if not rows:
        raise DataError(f"{name} has no rows to score", hint="a CSV has a header line and at least one row")
    return Table(columns, rows, delimiter)


def _whole_rows(reader: Any, columns: list[str], name: str) -> Iterator[list[str]]:
    for row in reader:
        if row and len(row) != len(columns):
            message = f"{name}:{reader.line_num}: {len(row)} fields, the header has {len(columns)}"
            raise DataError(message, hint="correct that line, or quote the value that holds the delimiter")
        if row:
            yield row


def _read_parquet(content: bytes, name: str) -> Table:
    arrow, parquet = _pyarrow()
    try:
        table = parquet.read_table(arrow.BufferReader(content))
    except (arrow.ArrowException, OSError) as error:
        raise DataError(f"{name} is a damaged Parquet file: {error}") from None
    columns = [str(column) for column in table.column_names]
    return Table(
        columns, [list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]
    )


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("Parquet needs pyarrow", hint="pip install 'mlops-cli[local]'") from None
    return pyarrow, pyarrow.parquet


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            number: int | float = kind(text)
        except ValueError:
            continue
        return number if number - number == 0 else text
    return text


def _plain(value: Any) -> Any:
    """A Parquet value as JSON: dates in ISO 8601, decimals as numbers, NaN as null."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, float) and value != value:
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)


def is_json(content: bytes, name: str) -> bool:
    """Whether a file holds JSON and no table; columns may be called `[id]`."""
    return content.lstrip()[:1] in (b"{", b"[") and not name.lower().endswith((".csv", ".tsv"))


def parse_json(content: bytes, name: str) -> Any:
    """The JSON value of a file. Raises UsageError naming line and column."""
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8: byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise UsageError(f"{name}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None

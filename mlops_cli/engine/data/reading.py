"""From a CSV, TSV or Parquet file to a table, with errors that name the line and what to do."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as parquet

from mlops_cli import paths
from mlops_cli.domain.data import Dataset, Row
from mlops_cli.engine.data import dates, decoding, dialect, faults, loading
from mlops_cli.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

BLOCK_BYTES = 16 * 1024 * 1024
# A form that no value has: Arrow leaves times as the text that the file has.
KEEP_AS_TEXT = "~"
NOT_SCALAR = (pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_duration)


class Parsed(NamedTuple):
    """A table as its file has it: dates of a CSV are still text, see `to_frame`."""

    table: pa.Table
    format: Literal["csv", "parquet"]
    encoding: str | None = None
    delimiter: str | None = None


def read(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> Parsed:
    """Read the file at `path`; what is not given is found out. Raises DataError."""
    return parse(loading.load(path), str(path), delimiter=delimiter, encoding=encoding)


def read_frame(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> pd.DataFrame:
    """Read the file at `path` for training: dates are timestamps, missing values NaN. Raises DataError."""
    return to_frame(read(path, delimiter=delimiter, encoding=encoding).table)


def read_dataset(home: Path, dataset: Dataset) -> pd.DataFrame:
    """The rows of a registered dataset, for training. Raises DataError when its stored file is gone."""
    path = paths.dataset_file(home, dataset.content_hash, dataset.format)
    return read_frame(path, delimiter=dataset.delimiter, encoding=dataset.encoding)


def parse(content: bytes, name: str, *, delimiter: str | None = None, encoding: str | None = None) -> Parsed:
    """Read the content of the file called `name`. Raises DataError."""
    if content.startswith(loading.PARQUET_MAGIC):
        return Parsed(_named(_parse_parquet(content, name), name), "parquet")
    return _parse_csv(content, name, delimiter, encoding)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """The table as a frame: int64, float64 (also integers with gaps), bool, text and datetime64 columns."""
    stamped = [_stamped(column) for column in table.columns]
    return pa.table(stamped, names=table.column_names).to_pandas(date_as_object=False)


def to_rows(table: pa.Table) -> list[Row]:
    """The table as JSON rows: dates as the file writes them, missing values as None."""
    rows: list[Row] = pa.table(
        [_as_json(column) for column in table.columns], names=table.column_names
    ).to_pylist()
    return rows


def _parse_csv(content: bytes, name: str, delimiter: str | None, encoding: str | None) -> Parsed:
    utf8, found = decoding.decode(content, name, encoding)
    how, head = dialect.detect(utf8, delimiter)
    faults.check_header(head[0], name)
    if len(head) == 1:
        raise DataError(f"{name} has a header but no rows", hint="add at least one row below the header")
    try:
        table = _arrow_csv(utf8, how)
    except pa.ArrowInvalid as error:
        raise faults.explain(utf8.decode(), name, how, error) from error
    return Parsed(_named(table, name), "csv", found, how.delimiter)


def _arrow_csv(utf8: bytes, how: dialect.Dialect) -> pa.Table:
    return pacsv.read_csv(
        io.BytesIO(utf8),
        read_options=pacsv.ReadOptions(block_size=max(BLOCK_BYTES, len(utf8) // 16)),
        parse_options=pacsv.ParseOptions(
            delimiter=how.delimiter, quote_char=how.quote, newlines_in_values=True
        ),
        convert_options=pacsv.ConvertOptions(
            strings_can_be_null=True, decimal_point=how.decimal, timestamp_parsers=[KEEP_AS_TEXT]
        ),
    )


def _parse_parquet(content: bytes, name: str) -> pa.Table:
    try:
        table = parquet.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{name} is a damaged Parquet file: {reason}", hint="write it again") from error
    kept = [column for column in table.column_names if not column.startswith("__index_level_")]
    faults.check_header(kept, name)
    if table.num_rows == 0:
        raise DataError(f"{name} has columns but no rows", hint="give a file with at least one row")
    return table.select(kept)


def _named(table: pa.Table, name: str) -> pa.Table:
    columns = [_plain(table.column(key), f"{name}: column '{key}'") for key in table.column_names]
    return pa.table(columns, names=[key.strip() for key in table.column_names])


def _plain(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    """The column as int64, float64 without NaN and infinity, bool, string or timestamp."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type), where)
    if any(refused(kind) for refused in NOT_SCALAR):
        raise DataError(f"{where} holds {kind} values", hint="write numbers, text, dates or booleans")
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or kind == pa.uint64():
        numbers = column.cast(pa.float64())
        return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))
    if pa.types.is_integer(kind):
        return column.cast(pa.int64())
    if pa.types.is_timestamp(kind):
        return column.cast(dates.STAMP, safe=False)
    if pa.types.is_boolean(kind):
        return column
    return column.cast(pa.string())


def _stamped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return column
    stamps = dates.parse(column)
    return column if stamps is None else stamps


def _as_json(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column.cast(pa.timestamp("s"), safe=False), format="%Y-%m-%dT%H:%M:%S")
    return column

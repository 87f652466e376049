"""How a local file is written as a table, which Azure has to be told."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyarrow import csv

from mlops_cli.backends.azureml.data import as_utf8, spans_lines
from mlops_cli.engine.data import loading, reading

SAMPLE_ROWS = 10_000


class Written(NamedTuple):
    """`multi_line` tells that line breaks stand in values."""

    format: str
    encoding: str | None
    delimiter: str | None
    multi_line: bool
    bytes_per_row: float


@functools.cache
def of(file: Path, _content: str) -> Written:
    """Read the file once as long as the hash of its content is the same. Raises DataError."""
    raw = loading.load(file)
    found = reading.parse(raw, str(file))
    rows = found.table.num_rows
    if found.format == "parquet":
        return Written(found.format, None, None, False, _bytes_per_row(found.table.slice(0, SAMPLE_ROWS)))
    text = as_utf8(raw, found.encoding)
    return Written(found.format, found.encoding, found.delimiter, spans_lines(text, rows), len(text) / rows)


def _bytes_per_row(table: pa.Table) -> float:
    """As text: how well a Parquet file is packed says nothing of how long its rows are."""
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink)
    return sink.tell() / table.num_rows

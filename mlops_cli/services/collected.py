"""What a service has collected, as rows with their predictions and as a table."""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from mlops_cli.domain.endpoints import CollectedData
from mlops_cli.services.scoring import tables
from mlops_cli.services.scoring.tables import Table
from mlops_cli.writing import write_bytes

WHOLE = "inputs"
"""The column of a request that is no list of rows."""
ADDED = ("prediction", "time", "request_id")


class CollectedRow(Struct):
    """One row that was scored; of a script of one's own, what it was given and what it answered."""

    time: str
    request_id: str
    inputs: Any
    prediction: Any


def rows(records: Iterable[CollectedData], last: int = 0) -> list[CollectedRow]:
    """The rows of all requests, or the `last` of them."""
    found = (row for record in records for row in _of(record))
    return list(deque(found, maxlen=last) if last else found)


def write(found: list[CollectedRow], path: Path) -> None:
    """As JSON lines or Parquet where the name says so, otherwise as CSV. Raises StateError."""
    if path.suffix in (".jsonl", ".ndjson"):
        return write_bytes(path, msgspec.json.Encoder().encode_lines(found))
    return tables.write(table(found), path)


def table(found: list[CollectedRow]) -> Table:
    """The rows by column, then what was predicted, when, and in which request."""
    inputs = [row.inputs if isinstance(row.inputs, dict) else {WHOLE: row.inputs} for row in found]
    columns = list(dict.fromkeys(name for row in inputs for name in row))
    plain = Table(columns, [[_cell(row.get(name)) for name in columns] for row in inputs])
    return tables.with_columns(plain, ADDED, [(_cell(r.prediction), r.time, r.request_id) for r in found])


def _of(record: CollectedData) -> Iterator[CollectedRow]:
    inputs, outputs = record.inputs, record.outputs
    if not (isinstance(inputs, list) and isinstance(outputs, list) and len(inputs) == len(outputs)):
        inputs, outputs = [inputs], [outputs]
    for row, prediction in zip(inputs, outputs, strict=True):
        yield CollectedRow(record.time, record.request_id, row, prediction)


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value

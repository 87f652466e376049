"""The data that a service has collected, read back as rows with their predictions where they have that form."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from mlops_cli.domain.endpoints import ANSWERS, CollectedData
from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.endpoints.journal import records
from mlops_cli.engine.serving.collecting import CollectedRecord
from mlops_cli.engine.serving.messages import Refusal
from mlops_cli.engine.serving.payload import parse_json, rows_of
from mlops_cli.engine.serving.spec import COLLECTED_FILE, read_as, read_spec


def read(service: Path, since: datetime | None = None) -> Iterator[CollectedData]:
    """Oldest first; several workers write theirs four times a second."""
    names = _columns(service)
    for record in records(service, COLLECTED_FILE, CollectedRecord, since):
        yield _readable(record, names)


def _readable(record: CollectedRecord, names: list[str]) -> CollectedData:
    inputs, outputs = _value(record.inputs), _value(record.outputs)
    rows, predictions = _rows(inputs, names), _predictions(outputs)
    if not rows or not isinstance(predictions, list) or len(predictions) != len(rows):
        return CollectedData(record.time, record.request_id, inputs, outputs)
    return CollectedData(record.time, record.request_id, rows, predictions)


def _value(raw: msgspec.Raw) -> Any:
    """What stands in a JSON text is what is meant: scripts answer with texts, and NaN is no JSON."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        value = bytes(raw).decode(errors="replace")
    try:
        return parse_json(value.encode()) if isinstance(value, str) else value
    except (Refusal, UnicodeEncodeError):
        return value


def _rows(inputs: Any, names: list[str]) -> list[Any] | None:
    try:
        rows = rows_of(inputs, None).rows
    except Refusal:
        return None
    named = [dict(zip(names, row, strict=True)) if _fits(row, names) else row for row in rows]
    return named if all(isinstance(row, dict) for row in named) else None


def _fits(row: Any, names: list[str]) -> bool:
    return isinstance(row, list) and len(row) == len(names)


def _predictions(outputs: Any) -> Any:
    found = next((key for key in ANSWERS if key in outputs), None) if isinstance(outputs, dict) else None
    return outputs[found] if found else outputs


def _columns(service: Path) -> list[str]:
    """The columns of the model, in the order of rows that do not name them."""
    spec = read_spec(service)
    schema = read_as(service / spec.schema_file, ModelSchema) if spec.schema_file else None
    return [field.name for field in schema.inputs] if schema else []

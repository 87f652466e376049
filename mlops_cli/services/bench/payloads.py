"""Payloads for a load test: true rows of the registered data, a file of rows or payloads, or the example."""

import csv
import json
import mmap
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from mlops_cli import paths
from mlops_cli.backends.base import Backend
from mlops_cli.domain.data import Dataset, Row
from mlops_cli.domain.runs import Model
from mlops_cli.domain.schema import ModelSchema
from mlops_cli.errors import DataError, NotFoundError, WorkFailedError
from mlops_cli.services.scoring import tables

MOST_PAYLOADS = 1_000
"""So many different ones are drawn; they are sent in turn."""
SEED = 7
_SMALL = 1 << 20
_DECODES_BY_LINE = ("utf-8", "utf-8-sig", "ascii", "cp1252", "latin-1", "iso-8859-1")
_ANSWER = """
import json, os, sys
folder = sys.argv[1]
os.environ["AZUREML_MODEL_DIR"] = folder
sys.path.insert(0, folder)
out, sys.stdout = sys.stdout, sys.stderr
import score
score.init()
for line in sys.stdin:
    payload = json.loads(line)
    payload = payload.get("Inputs", payload) if isinstance(payload, dict) else payload
    rows = payload.get("data", payload) if isinstance(payload, dict) else payload
    print(json.dumps(score.run(rows)), file=out)
"""


def from_file(path: Path, schema: ModelSchema | None, batch_rows: int) -> list[bytes]:
    """JSON lines or a JSON array: rows, or whole payloads as they are. CSV and Parquet: rows.

    One JSON object is one payload. Raises NotFoundError and DataError.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFoundError(
            f"cannot read {path}: {error.strerror}", hint="give a file: --data FILE"
        ) from None
    if tables.is_json(content, str(path)):
        values = _json_values(content, path.name)
        if all(isinstance(value, dict) and _is_payload(value) for value in values):
            return [msgspec.json.encode(value) for value in values]
        return batches(values, batch_rows)
    return batches(_typed(tables.read(content, path.name), schema), batch_rows)


def from_backend(
    backend: Backend, home: Path, model: Model, schema: ModelSchema, batch_rows: int
) -> tuple[list[bytes], str]:
    """Rows of the data that the model was trained on; its example where the data is not at hand.

    A forecast is asked of the future, which no row of the data is: there it is always the example.
    """
    if model.dataset and schema.task != "forecasting":
        name, _, version = model.dataset.partition(":")
        try:
            dataset = backend.data.get(name, int(version) if version else None)
            rows = sample(home, dataset, schema, MOST_PAYLOADS * batch_rows)
        except (NotFoundError, FileNotFoundError):
            rows = []
        if rows:
            return batches(rows, batch_rows), f"rows of {model.dataset}"
    if not schema.example:
        message = f"model {model.name} has no example and its data is not at hand"
        raise NotFoundError(message, hint="give rows or payloads: --data FILE")
    return batches(list(schema.example), batch_rows), "the example of the model"


def batches(rows: list[Any], batch_rows: int) -> list[bytes]:
    """At most MOST_PAYLOADS requests of `batch_rows` rows each, in an order that does not follow the file."""
    if not rows:
        raise DataError("there is no row to send")
    shuffled = list(rows)
    random.Random(SEED).shuffle(shuffled)  # noqa: S311 - a sample, not a secret
    while len(shuffled) < batch_rows:
        shuffled += shuffled
    starts = range(0, len(shuffled) - batch_rows + 1, batch_rows)[:MOST_PAYLOADS]
    return [msgspec.json.encode({"data": shuffled[start : start + batch_rows]}) for start in starts]


def sample(home: Path, dataset: Dataset, schema: ModelSchema, count: int) -> list[Row]:
    """About `count` rows of a registered file, drawn from all over it without reading all of it."""
    path = paths.dataset_file(home, dataset.content_hash, dataset.format)
    encoding = (dataset.encoding or "utf-8").lower()
    if dataset.format != "csv" or encoding not in _DECODES_BY_LINE or path.stat().st_size < _SMALL:
        return _typed(tables.read(path.read_bytes(), dataset.file_name), schema)
    return _typed(_drawn(path, dataset.delimiter or ",", encoding, count), schema)


def own_answers(folder: Path, bodies: list[bytes]) -> list[Any]:
    """What the model in `folder` answers, by its own entry script in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", _ANSWER, str(folder)],
        input=b"\n".join(bodies),
        capture_output=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != len(bodies):
        details = done.stderr.decode("utf-8", "replace").splitlines()[-5:]
        raise WorkFailedError(f"the model in {folder} does not answer by itself", details=details)
    return [_decoded(line) for line in lines]


def _decoded(line: bytes) -> Any:
    value = json.loads(line)
    return json.loads(value) if isinstance(value, str) else value


def _drawn(path: Path, delimiter: str, encoding: str, count: int) -> tables.Table:
    """Whole lines at random places; lines within a quoted value do not have the header's number of fields."""
    generator = random.Random(SEED)  # noqa: S311 - a sample, not a secret
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        first = text.find(b"\n") + 1
        header = text[:first].decode("utf-8-sig" if encoding.startswith("utf") else encoding)
        columns = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
        lines = []
        for _ in range(count):
            begin = text.rfind(b"\n", 0, generator.randrange(first, len(text))) + 1
            end = text.find(b"\n", begin)
            lines.append(text[begin : end if end >= 0 else len(text)].decode(encoding, "replace"))
    rows = [_fields(line, delimiter) for line in lines]
    return tables.Table(columns, [row for row in rows if len(row) == len(columns)], delimiter)


def _fields(line: str, delimiter: str) -> list[str]:
    """The fields of a whole line, none of one that begins or ends within quotes."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _typed(table: tables.Table, schema: ModelSchema | None) -> list[Row]:
    if schema:
        return tables.to_rows(table, {field.name: field.type for field in schema.inputs})
    return tables.to_rows(table, dict.fromkeys(table.columns, "number"))


def _json_values(content: bytes, name: str) -> list[Any]:
    try:
        value = msgspec.json.decode(content)
    except msgspec.DecodeError:
        return _json_lines(content, name)
    values = value if isinstance(value, list) else [value]
    if not values:
        raise DataError(f"{name} has no rows")
    return values


def _json_lines(content: bytes, name: str) -> list[Any]:
    values = []
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            try:
                values.append(msgspec.json.decode(line))
            except msgspec.DecodeError as error:
                raise DataError(f"{name}:{number}: {error}", hint="one JSON document per line") from None
    return values


def _is_payload(value: dict[str, Any]) -> bool:
    return isinstance(value.get("data"), list) or "Inputs" in value

"""What `score` means on any backend: a payload checked and sent, or a table sent in batches and joined."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from mlops_cli.domain.endpoints import ANSWERS
from mlops_cli.domain.schema import ModelSchema, check_rows
from mlops_cli.errors import NotFoundError, UsageError, WorkFailedError
from mlops_cli.services.scoring.client import ServiceClient
from mlops_cli.services.scoring.tables import Table, to_rows, with_columns
from mlops_cli.services.swagger import document

BATCH_ROWS = 1000
EXAMPLE_ROWS = 2


class Scored(Struct):
    """A table with its predictions: the answers as one, the joined table, and what was not sent."""

    answer: dict[str, Any]
    table: Table
    kept_back: list[str]


def example(schema: ModelSchema | None, client: ServiceClient) -> Any:
    """A valid payload: true rows, or the example in the service's own document. Raises NotFoundError."""
    if schema and schema.example:
        return {"data": schema.example[:EXAMPLE_ROWS]}
    found = document.example(client.swagger())
    if not found:
        message = f"{client.endpoint.name} does not say what it takes: its script is your own"
        raise NotFoundError(message, hint="write a payload that your run(data) understands")
    return found


def score_json(client: ServiceClient, value: Any, schema: ModelSchema | None, method: str = "predict") -> Any:
    """Send a payload in any form that the service takes; a bare list is taken for rows.

    `schema` is what the rows are checked against first, None: not at all. Raises UsageError with every row
    and column that does not fit.
    """
    payload = {"data": value} if isinstance(value, list) else value
    rows = _rows(payload)
    if schema and rows is not None:
        check(schema, rows, client.endpoint.name)
    return client.score(_with_method(payload, method))


def score_table(
    client: ServiceClient, table: Table, schema: ModelSchema, method: str, *, checked: bool
) -> Scored:
    """Score every row, in order, in batches; only columns that the service knows are sent."""
    types = {field.name: field.type for field in schema.inputs}
    rows = to_rows(table, types)
    if checked:
        check(schema, rows, client.endpoint.name)
    answers: list[dict[str, Any]] = []
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows[start : start + BATCH_ROWS]
        answers.append(_answer(client.score(_with_method({"data": batch}, method)), len(batch)))
    answer = _joined(answers)
    predictions = next(iter(answer.values()))
    names, values = _columns(predictions, schema)
    kept_back = [column for column in table.columns if column not in types]
    return Scored(answer, with_columns(table, names, values), kept_back)


def check(schema: ModelSchema, rows: Sequence[Any], name: str) -> None:
    """Raise UsageError listing what does not fit the schema."""
    problems = check_rows(schema, list(rows))
    if problems:
        message = "the payload does not fit the service, nothing was sent"
        hint = f"see a valid one: mlops score {name} --example; or send it as it is: --no-validate"
        raise UsageError(message, hint=hint, details=[problem.message for problem in problems])


def _rows(payload: Any) -> list[Any] | None:
    """The rows of {"data": [...]} or {"Inputs": {"data": [...]}} that are objects; other forms the service reads."""
    inner = payload.get("Inputs", payload) if isinstance(payload, dict) else None
    data = inner.get("data") if isinstance(inner, dict) else None
    if not isinstance(data, list) or (isinstance(inner, dict) and "columns" in inner):
        return None
    return None if any(isinstance(row, list) for row in data) else data


def _with_method(payload: Any, method: str) -> Any:
    if method == "predict":
        return payload
    if not isinstance(payload, dict) or not ("data" in payload or "Inputs" in payload):
        raise UsageError(f"--method {method} needs a payload with rows", hint='send {"data": [...]}')
    return {"Inputs": payload.get("Inputs", payload), "GlobalParameters": {"method": method}}


def _answer(value: Any, rows: int) -> dict[str, Any]:
    """One batch's answer under its own name. Raises WorkFailedError unless it has one entry per row."""
    found = {name: value[name] for name in ANSWERS if name in value} if isinstance(value, dict) else {}
    if not found:
        raise WorkFailedError(
            "the service's answer has no list of predictions", hint="send JSON to see the answer"
        )
    name, predictions = next(iter(found.items()))
    if not isinstance(predictions, list) or len(predictions) != rows:
        count = len(predictions) if isinstance(predictions, list) else "no"
        raise WorkFailedError(f"the service answered {count} predictions for {rows} rows")
    return {name: predictions}


def _joined(answers: list[dict[str, Any]]) -> dict[str, Any]:
    name = next(iter(answers[0]))
    return {name: [value for answer in answers for value in answer[name]]}


def _columns(predictions: list[Any], schema: ModelSchema) -> tuple[list[str], list[list[Any]]]:
    """Names and values of the new columns: one, or one per class when the answer is probabilities."""
    if not isinstance(predictions[0], list):
        return ["prediction"], [[value] for value in predictions]
    width = len(predictions[0])
    classes = schema.classes if schema.classes and len(schema.classes) == width else range(width)
    return [f"probability_{name}" for name in classes], predictions

"""The input schema of a model: what its scoring service accepts, and why a row is refused."""

from math import isfinite
from typing import Any

from msgspec import Struct, field

from mlops_cli.domain.data import ColumnType, Row, Scalar
from mlops_cli.domain.dates import is_date


class InputField(Struct, omit_defaults=True):
    """One input column. `minimum`, `maximum` and `categories` describe the training data; they bind nobody."""

    name: str
    type: ColumnType
    nullable: bool = True
    minimum: Scalar = None
    maximum: Scalar = None
    categories: list[Scalar] | None = None


class ModelSchema(Struct, omit_defaults=True):
    """Inputs and output of a model. `example` holds true rows of the training data, without the label."""

    task: str
    label: str
    inputs: list[InputField]
    output_type: ColumnType
    classes: list[Scalar] | None = None
    example: list[Row] = field(default_factory=list)
    time_column: str | None = None
    grain_columns: list[str] = field(default_factory=list)
    horizon: int | None = None


class Problem(Struct, omit_defaults=True):
    """Why a payload is refused; `row` counts from 0."""

    message: str
    row: int | None = None
    column: str | None = None


def check_rows(schema: ModelSchema, rows: list[Any], limit: int = 20) -> list[Problem]:
    """The first `limit` reasons why `rows` cannot be scored; empty when they can.

    Accepted as Azure does: integers for numbers, numbers written as strings, null for a missing value.
    A category that was not in the training data is no problem: the model treats it as unseen.
    """
    problems: list[Problem] = []
    fields = {f.name: f for f in schema.inputs}
    for index, row in enumerate(rows):
        problems += _check_row(schema, fields, index, row)
        if len(problems) >= limit:
            break
    return problems[:limit]


def _check_row(schema: ModelSchema, fields: dict[str, InputField], index: int, row: Any) -> list[Problem]:
    if not isinstance(row, dict):
        return [Problem(f"row {index} is {_kind(row)}, expected an object of column names and values", index)]
    problems = [_unknown(schema, fields, index, name) for name in row if name not in fields]
    for name, spec in fields.items():
        if name not in row:
            problems.append(Problem(f"row {index}: column '{name}' is missing", index, name))
        elif not accepts(spec.type, row[name]):
            text = f"row {index}: column '{name}' expects {_article(spec.type)}, got {_shown(row[name])}"
            problems.append(Problem(text, index, name))
    return problems


def accepts(kind: ColumnType, value: Any) -> bool:
    """Whether `value`, as JSON gave it, can stand in a column of type `kind`."""
    if value is None:
        return True
    if isinstance(value, list | dict):
        return False
    match kind:
        case "integer" | "number":
            return not isinstance(value, bool) and _is_number(value)
        case "boolean":
            return isinstance(value, bool) or value in (0, 1, "true", "false", "True", "False")
        case "datetime":
            return _is_moment(value) or (isinstance(value, str) and is_date(value))
        case _:
            return True


def _is_number(value: Any) -> bool:
    """A finite number, also written as text; Python's own ways of writing one (1_000, inf) do not count."""
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        return False
    try:
        return isfinite(float(value))
    except (ValueError, OverflowError):
        return False


def _is_moment(value: Any) -> bool:
    """Milliseconds since 1970, in the range that ECMAScript gives dates."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 8.64e15


def _unknown(schema: ModelSchema, fields: dict[str, InputField], index: int, name: str) -> Problem:
    if name == schema.label:
        return Problem(f"row {index}: '{name}' is what the model predicts, leave it out", index, name)
    from difflib import get_close_matches

    near = get_close_matches(name, fields, n=1)
    hint = f", did you mean '{near[0]}'?" if near else ""
    return Problem(f"row {index}: unknown column '{name}'{hint}", index, name)


def _article(kind: str) -> str:
    return f"an {kind}" if kind == "integer" else f"a {kind}"


def _kind(value: Any) -> str:
    names = {list: "an array", str: "a string", type(None): "null", bool: "a boolean"}
    return names.get(type(value), "a number")


def _shown(value: Any) -> str:
    text = "a huge number" if isinstance(value, int) and value.bit_length() > 1024 else repr(value)
    return text if len(text) <= 40 else text[:37] + "..."

"""What a client sent, turned into rows.

Accepted: {"data": [...]}; {"data": [...], "method": "predict"}; {"Inputs": {"data": [...]}, "GlobalParameters":
{"method": "predict"}}; pandas' "split" form {"columns": [...], "data": [[...]]}, at the top or as the value of
"data". Rows are objects, or arrays in the order of the columns.
"""

import json
import zlib
from typing import Any
from urllib.parse import parse_qs

import msgspec
from msgspec import Struct

from mlops_cli.domain.data import Row
from mlops_cli.domain.schema import ModelSchema, Problem, check_rows
from mlops_cli.engine.serving.messages import Refusal

METHODS = ("predict", "predict_proba")
SHAPE_HINT = 'send {"data": [{"column": value, ...}, ...]}'


class Payload(Struct):
    """Rows to score. `wrapped` says that they came as {"Inputs": ...}, which Azure answers in another form;
    `quantiles` are those of the forecasts that are asked for."""

    rows: list[Row]
    method: str = "predict"
    wrapped: bool = False
    quantiles: list[float] = []


def decompress(body: bytes, encoding: bytes, limit: int) -> bytes:
    """The body without its Content-Encoding (gzip, deflate or identity), at most `limit` bytes of it."""
    if encoding in (b"", b"identity"):
        return body
    if encoding not in (b"gzip", b"x-gzip", b"deflate"):
        raise Refusal(415, "UnsupportedEncoding", f"cannot read the encoding '{_text(encoding)}', use gzip")
    # 32 + 15: zlib finds out by itself whether the header is gzip's or zlib's.
    unpacker = zlib.decompressobj(32 + zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise Refusal(400, "InvalidEncoding", f"the body is not {_text(encoding)} data: {error}") from error
    if len(plain) > limit:
        raise too_large(limit)
    if not unpacker.eof:
        raise Refusal(400, "InvalidEncoding", f"the {_text(encoding)} data of the body end too early")
    return plain


def too_large(limit: int) -> Refusal:
    hint = "send fewer rows per request"
    return Refusal(413, "PayloadTooLarge", f"the body is larger than {limit:,} bytes", hint=hint)


def parse_json(body: bytes) -> Any:
    """The JSON value of `body`. NaN, which Python and pandas clients write, is taken for null."""
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise Refusal(400, "InvalidJson", "the JSON is nested too deeply") from error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _parse_leniently(body)


def parse_query(query: bytes) -> dict[str, Any]:
    """The parameters of a GET request as Azure reads them: JSON where it is JSON, lists where repeated."""
    pairs = parse_qs(_text(query), keep_blank_values=True)
    values = {name: [_value(text) for text in texts] for name, texts in pairs.items()}
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def query_payload(query: bytes) -> Any:
    """GET /score?data=[...] or, one row, GET /score?age=17&job=student."""
    found = parse_query(query)
    return found if not found or "data" in found else {"data": [found]}


def rows_of(value: Any, schema: ModelSchema | None) -> Payload:
    """The rows in a parsed payload, checked against `schema`; Refusal (400) names what is wrong."""
    if not isinstance(value, dict):
        raise _misshapen("the body is not a JSON object")
    wrapped = "Inputs" in value
    inner, where = (value["Inputs"], '"Inputs"') if wrapped else (value, "the body")
    if not isinstance(inner, dict) or "data" not in inner:
        raise _misshapen(f'{where} has no member "data"')
    parameters = value.get("GlobalParameters")
    if parameters is None and value.get("method") is not None:
        parameters = {"method": value["method"]}
    payload = Payload(_rows(inner, schema), method_of(parameters, schema), wrapped)
    if schema and schema.task == "forecasting":
        payload.quantiles = quantiles_of(inner, parameters)
    _check(payload.rows, schema)
    return payload


def _rows(holder: dict[str, Any], schema: ModelSchema | None) -> list[Any]:
    data, columns = holder["data"], holder.get("columns")
    if isinstance(data, dict) and isinstance(data.get("data"), list):
        data, columns = data["data"], data.get("columns")
    if not isinstance(data, list):
        raise _misshapen('"data" is not an array of rows')
    if not data:
        raise Refusal(400, "EmptyData", '"data" is empty: there is nothing to score', hint=SHAPE_HINT)
    names = columns if _are_names(columns) else [field.name for field in schema.inputs] if schema else None
    return [_named(index, row, names) if isinstance(row, list) else row for index, row in enumerate(data)]


def _named(index: int, row: list[Any], names: list[str] | None) -> Any:
    if names is None:
        return row
    if len(row) != len(names):
        message = f"row {index} has {len(row)} values, expected {len(names)}"
        raise Refusal(400, "SchemaMismatch", message, problems=[Problem(message, index)])
    return dict(zip(names, row, strict=True))


def _are_names(columns: Any) -> bool:
    return isinstance(columns, list) and all(isinstance(name, str) for name in columns)


def method_of(parameters: Any, schema: ModelSchema | None) -> str:
    """The method that GlobalParameters ask for; Refusal (400) when there is none of that name."""
    method = parameters.get("method", "predict") if isinstance(parameters, dict) else "predict"
    if method not in METHODS:
        raise Refusal(
            400, "InvalidPayload", f"unknown method {_shown(method)}, use one of {', '.join(METHODS)}"
        )
    if method == "predict_proba" and schema and schema.task != "classification":
        raise Refusal(400, "InvalidPayload", f"a {schema.task} model has no probabilities, use predict")
    return str(method)


def quantiles_of(inner: dict[str, Any], parameters: Any) -> list[float]:
    """What stands beside the data or in GlobalParameters; Refusal (400) for what is no list of shares."""
    given = parameters.get("quantiles") if isinstance(parameters, dict) else None
    given = inner.get("quantiles") if given is None else given
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(q, float) and 0 < q < 1 for q in given):
        message = f'"quantiles" are {_shown(given)}, not an array of numbers between 0 and 1'
        raise Refusal(400, "InvalidPayload", message)
    return given


def _check(rows: list[Any], schema: ModelSchema | None) -> None:
    if schema is None:
        return
    problems = check_rows(schema, rows)
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        hint = "the columns and their types are in /swagger.json"
        raise Refusal(400, "SchemaMismatch", problems[0].message + more, hint=hint, problems=problems)


def _parse_leniently(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_constant)
    except UnicodeDecodeError as error:
        raise Refusal(400, "InvalidJson", f"the body is not UTF-8: byte {error.start}") from error
    except json.JSONDecodeError as error:
        message = f"the body is not JSON: {error.msg}, line {error.lineno} column {error.colno}"
        raise Refusal(400, "InvalidJson", message, hint=SHAPE_HINT) from error
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "InvalidJson", f"the body is not JSON: {error}") from error


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is no JSON number")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _misshapen(message: str) -> Refusal:
    return Refusal(400, "InvalidPayload", message, hint=SHAPE_HINT)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")

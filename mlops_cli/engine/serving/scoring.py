"""One request scored: payload in, `run()`, answer out. Whatever happens, there is a response."""

import json
import time
from collections.abc import Callable
from typing import Any

import msgspec

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving import arguments, rawhttp
from mlops_cli.engine.serving.aml import text_fields
from mlops_cli.engine.serving.capture import end_lines
from mlops_cli.engine.serving.entry import EntryScript
from mlops_cli.engine.serving.fields import Fields
from mlops_cli.engine.serving.frames import summary, user_frames, where, whole_traceback
from mlops_cli.engine.serving.logs import ServiceLog, current_request, milliseconds
from mlops_cli.engine.serving.messages import RUN_FAILED, RUN_WENT_WELL, Finish, Refusal, Request, Response
from mlops_cli.engine.serving.payload import decompress, parse_json, parse_query, query_payload, rows_of
from mlops_cli.errors import UsageError


class Scorer:
    """Scores requests on whatever thread it is called."""

    def __init__(
        self, entry: EntryScript, schema: ModelSchema | None, max_body_bytes: int, log: ServiceLog
    ) -> None:
        self._entry = entry
        self._schema = schema
        self._limit = max_body_bytes
        self._log = log
        ways = {"rows": self._rows, "text": self._text, "named": self._named, "request": self._raw}
        self._prepare = ways[entry.style]
        self.answers_all = entry.style == "request"

    def score(self, request: Request) -> Response:
        mark = current_request.set(request.id)
        try:
            call, rows, wrapped = self._prepare(request)
            started = time.perf_counter()
            answer = call()
            run_ms = milliseconds(time.perf_counter() - started)
            response = answered(answer, wrapped=wrapped)
            response.headers += b"x-ms-run-fn-exec-ms: %.3f\r\n" % run_ms
            response.run_ms, response.rows = run_ms, rows
        except Refusal as refusal:
            response = refusal.response(request.id)
        except BaseException as error:  # noqa: BLE001 a user's sys.exit() must not end the service either
            response = self._failed(error).response(request.id)
        end_lines()
        current_request.reset(mark)
        return response

    def take(self, request: Request, finish: Finish) -> None:
        finish(request, self.score(request))

    def _rows(self, request: Request) -> tuple[Callable[[], Any], int | None, bool]:
        value = (
            query_payload(request.head.query)
            if request.head.method == b"GET"
            else parse_json(self._body(request))
        )
        payload = rows_of(value, self._schema)
        if payload.method != "predict" and not self._entry.takes_method:
            raise Refusal(
                400, "InvalidPayload", f"this service has no method '{payload.method}', use predict"
            )
        return lambda: self._entry.call_rows(payload), len(payload.rows), payload.wrapped

    def _text(self, request: Request) -> tuple[Callable[[], Any], int | None, bool]:
        is_get = request.head.method == b"GET"
        text = json.dumps(parse_query(request.head.query)) if is_get else _utf8(self._body(request))
        headers = _names(request)
        return lambda: self._entry.call_first(text, headers), None, False

    def _named(self, request: Request) -> tuple[Callable[[], Any], int | None, bool]:
        entry = self._entry
        if request.head.method == b"GET":
            values = parse_query(request.head.query)
        else:
            arguments.check_type(request.head.headers.get(b"content-type", b""), entry.decoration is not None)
            values = arguments.parse_object(self._body(request))
        filled, headers = arguments.fill(values, entry.defaults), _names(request)
        return lambda: entry.call_named(filled, headers), None, False

    def _raw(self, request: Request) -> tuple[Callable[[], Any], int | None, bool]:
        body = self._body(request)
        if body is not request.body:
            request = Request(request.head.without(b"content-encoding"), body)
        headers = _names(request)
        given = rawhttp.request_of(request)
        return lambda: self._entry.call_first(given, headers), None, False

    def _body(self, request: Request) -> bytes:
        encoding = request.head.headers.get(b"content-encoding")
        return decompress(request.body, encoding.lower(), self._limit) if encoding else request.body

    def _failed(self, error: BaseException) -> Refusal:
        if isinstance(error, UsageError):
            return Refusal(400, "InvalidPayload", error.message, hint=error.hint)
        frames = user_frames(error)
        place = f" ({where(frames)})" if frames else ""
        self._log.write("ERROR", "service", whole_traceback(error))
        return Refusal(
            500,
            "ScoringFailed",
            f"the entry script failed: {summary(error)}{place}",
            hint="the whole traceback is in the service's log, under this request id",
            headers=RUN_FAILED,
        )


class UnencodableAnswerError(TypeError):
    """What `run()` returned has no JSON form."""


def answered(answer: Any, *, wrapped: bool = False) -> Response:
    """The response to what `run()` returned; `wrapped` when it was asked for with {"Inputs": ...}."""
    if rawhttp.is_answer(answer):
        return rawhttp.response_of(answer)
    return Response(200, encode_answer(wrap(answer) if wrapped else answer), headers=RUN_WENT_WELL)


def encode_answer(answer: Any) -> bytes:
    """JSON of what `run()` returned; a str becomes a JSON string, nothing at all {}. NaN becomes null."""
    if answer is None:
        return b"{}"
    try:
        return msgspec.json.encode(answer, enc_hook=_plain)
    except (TypeError, ValueError, RecursionError):
        return _encode_as_python(answer)


def _encode_as_python(answer: Any) -> bytes:
    """For the lone surrogates and the keys (None, True) that only Python writes."""
    try:
        return json.dumps(answer, default=_plain, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise UnencodableAnswerError(
            f"run() returned something that cannot be written as JSON: {error}"
        ) from error


def wrap(answer: Any) -> Any:
    """The answer to {"Inputs": ...}: {"Results": [...]} in place of the text {"result": [...]}."""
    value = msgspec.json.decode(answer) if isinstance(answer, str) else answer
    return {"Results": value["result"]} if isinstance(value, dict) and "result" in value else value


def _plain(value: Any) -> Any:
    """numpy's arrays and scalars and pandas' Series have `tolist`, a DataFrame has `to_dict`."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "to_dict"):
        return value.to_dict("records")
    raise TypeError(f"{type(value).__name__} is not JSON")


def _names(request: Request) -> Fields:
    return Fields(text_fields(request))


def _utf8(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal(400, "InvalidEncoding", f"the body is not UTF-8: byte {error.start}") from error

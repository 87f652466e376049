"""A request, a response, and what is said when a request is refused."""

from collections.abc import Callable
from copy import copy
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from mlops_cli.domain.schema import Problem
from mlops_cli.errors import MlopsError

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"
RUN_FAILED = b"x-ms-run-function-failed: True\r\n"
"""The model, or the entry script, is at fault."""
RUN_WENT_WELL = b"x-ms-run-function-failed: False\r\n"
"""Neither is: what Azure says of a request that it refuses, too."""


class Head:
    """All of a request but its body. `headers` has lower-case names; `path` is without the query.

    Requests that repeat a head share it: once it is complete, nobody changes it. `asks` is for the server, to
    remember what it has made of it.
    """

    __slots__ = ("asks", "headers", "keep_alive", "method", "path", "query", "target", "version")

    def __init__(self) -> None:
        self.method = b""
        self.target = b""
        self.path = b""
        self.query = b""
        self.version = b""
        self.headers: dict[bytes, bytes] = {}
        self.keep_alive = False
        self.asks: Any = None

    def without(self, header: bytes) -> "Head":
        """A copy that lacks a header."""
        other = copy(self)
        other.headers = {name: value for name, value in self.headers.items() if name != header}
        return other


class Response(Struct, gc=False):
    """Status, body and header lines to send; `run_ms`, `rows` and `note` are for the logs.

    `is_plain`: the body of the request is known to be JSON as it is, and so is this one.
    """

    status: int
    body: bytes = b""
    content_type: bytes = JSON
    headers: bytes = b""
    run_ms: float | None = None
    rows: int | None = None
    note: str = ""
    is_plain: bool = False


def _unheard(response: Response) -> None:
    """Nobody waits for it."""


class Request(Struct):
    """One HTTP request, complete. `id`, `started` (seconds of the performance counter) and `reply`, which takes the
    response, are for the server to set."""

    head: Head
    body: bytes = b""
    id: str = ""
    started: float = 0.0
    reply: Callable[[Response], None] = _unheard


Finish = Callable[[Request, Response], None]


class ErrorDetail(Struct, omit_defaults=True):
    """Why a request failed. `request_id` finds its lines in the service's log."""

    code: str
    message: str
    request_id: str
    problems: list[Problem] | None = None
    hint: str | None = None


class ErrorBody(Struct):
    """Body of every response of 400 and above; its first two members are those that Azure's Swagger names."""

    status_code: int
    message: str
    error: ErrorDetail


class Refusal(MlopsError):
    """A request that is not answered as wished; `kind` is the `code` in the body of the response."""

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        hint: str | None = None,
        problems: list[Problem] | None = None,
        headers: bytes = b"",
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.kind = kind
        self.problems = problems
        self.headers = headers

    def response(self, request_id: str) -> Response:
        detail = ErrorDetail(self.kind, self.message, request_id, self.problems, self.hint)
        body = msgspec.json.encode(ErrorBody(self.status, self.message, detail))
        fault = b"" if RUN_FAILED in self.headers else RUN_WENT_WELL
        response = Response(self.status, body, headers=self.headers + fault)
        response.note = self.message
        return response


_STATUS = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}


def encode_response(response: Response, request: Request | None, common: bytes, is_last: bool) -> bytes:
    """The whole response to `request`, ready to send; `common` are header lines, `is_last` ends the connection."""
    status, body = response.status, response.body
    state = b"Connection: close\r\n" if is_last else b""
    if request and request.head.version == b"1.0" and not is_last:
        state = b"Connection: keep-alive\r\n"
    return b"".join(
        (
            _STATUS.get(status) or b"HTTP/1.1 %d \r\n" % status,
            common,
            b"Content-Type: ",
            response.content_type,
            b"\r\nContent-Length: %d\r\n" % len(body),
            response.headers,
            state,
            b"\r\n",
            b"" if request and request.head.method == b"HEAD" else body,
        )
    )

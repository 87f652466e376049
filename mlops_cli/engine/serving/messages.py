"""A request, a response, and what is said when a request is refused."""

from http import HTTPStatus

import msgspec
from msgspec import Struct

from mlops_cli.domain.schema import Problem
from mlops_cli.errors import MlopsError

JSON = b"application/json"
TEXT = b"text/plain; charset=utf-8"


class Request:
    """One HTTP request, complete. `headers` has lower-case names; `path` is without the query."""

    __slots__ = ("body", "headers", "keep_alive", "method", "path", "query", "target", "version")

    def __init__(self) -> None:
        self.method = b""
        self.target = b""
        self.path = b""
        self.query = b""
        self.version = b""
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.keep_alive = False


class Response:
    """Status, body and header lines to send; `run_ms` and `rows` are for the request log."""

    __slots__ = ("body", "content_type", "headers", "rows", "run_ms", "status")

    def __init__(
        self, status: int, body: bytes = b"", content_type: bytes = JSON, headers: bytes = b""
    ) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = headers
        self.run_ms: float | None = None
        self.rows: int | None = None


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
        return Response(self.status, body, headers=self.headers)


def bad_request(kind: str, message: str, **more: object) -> Refusal:
    return Refusal(400, kind, message, **more)  # type: ignore[arg-type]


REASON = {status.value: status.phrase.encode() for status in HTTPStatus}

"""What the head of a request asks of the service beside an answer: found out once, however often it is repeated."""

from msgspec import Struct

from mlops_cli.engine.serving.auth import Refuse
from mlops_cli.engine.serving.ids import LONGEST_ID, is_id
from mlops_cli.engine.serving.messages import Head
from mlops_cli.engine.serving.pages import PATHS
from mlops_cli.engine.serving.spec import PROBE

ID_HEADERS = (b"x-request-id", b"x-ms-request-id", b"x-ms-client-request-id")
"""The request's own id; the older name, by which clients send theirs and are told one; the client's own id."""
EXPOSED = b"x-request-id, x-ms-request-id, x-ms-run-fn-exec-ms"
UNRECORDED = {b"/", b"/metrics", *PATHS}
_PROBE = PROBE.encode()


class Asks(Struct):
    """`request_id` and `client_id` are those that the client has given; `lines` are header lines for the response.

    `ms_id` is what the response has under x-ms-request-id, where that is not the request's own id; `too_long` names
    the ids that are too long.
    `method` and `path` are what the request log calls them; `let_in` is the gate that this head has passed, where
    passing once is passing always.
    """

    scores: bool
    is_recorded: bool
    is_collected: bool
    too_long: str
    request_id: str | None
    client_id: str | None
    ms_id: bytes
    lines: bytes
    method: str
    path: str
    let_in: Refuse | None = None


class HeadReader:
    """Reads heads for a service that answers scripts of `origins`, or of any."""

    def __init__(self, origins: list[str]) -> None:
        self._any_origin = "*" in origins
        self._origins = {origin.encode() for origin in origins}

    def read(self, head: Head) -> Asks:
        scores = head.path == b"/score"
        own, legacy, client = (head.headers.get(name, b"") for name in ID_HEADERS)
        given, client_id = own or legacy, client or legacy
        return Asks(
            scores,
            head.path not in UNRECORDED,
            scores and head.method != b"OPTIONS" and _PROBE not in head.headers,
            _too_long(own, legacy, client),
            given.decode() if is_id(given) else None,
            client_id.decode("latin-1") if client_id else None,
            _echoed(legacy or client),
            self._lines(head, client_id),
            head.method.decode("latin-1"),
            head.path.decode("latin-1"),
        )

    def _lines(self, head: Head, client_id: bytes) -> bytes:
        lines = b"x-ms-client-request-id: %s\r\n" % client_id if _echoed(client_id) else b""
        if trace := head.headers.get(b"traceid"):
            lines += b"TraceId: %s\r\n" % trace
        origin = head.headers.get(b"origin")
        if origin and (self._any_origin or origin in self._origins):
            lines += _cors(head, origin)
        return lines


def _echoed(given: bytes) -> bytes:
    return given if len(given) <= LONGEST_ID else b""


def _too_long(own: bytes, *others: bytes) -> str:
    if len(own) > LONGEST_ID:
        return "x-request-id"
    return "x-ms-request-id and x-ms-client-request-id" if max(map(len, others)) > LONGEST_ID else ""


def _cors(head: Head, origin: bytes) -> bytes:
    lines = b"Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n" % origin
    if head.method != b"OPTIONS":
        return lines + b"Access-Control-Expose-Headers: %s\r\n" % EXPOSED
    wanted = head.headers.get(b"access-control-request-headers", b"authorization, content-type")
    allowed = b"Access-Control-Allow-Methods: GET, POST\r\nAccess-Control-Allow-Headers: %s\r\n" % wanted
    return lines + allowed + b"Access-Control-Max-Age: 600\r\n"

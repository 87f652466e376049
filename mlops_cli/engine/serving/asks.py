"""What the head of a request asks of the service beside an answer: found out once, however often it is repeated."""

from msgspec import Struct

from mlops_cli.engine.serving.auth import Refuse
from mlops_cli.engine.serving.ids import LONGEST_ID, is_id, too_long
from mlops_cli.engine.serving.messages import Head
from mlops_cli.engine.serving.pages import PATHS
from mlops_cli.engine.serving.spec import PROBE

UNRECORDED = {b"/", b"/metrics", *PATHS}
_PROBE = PROBE.encode()


class Asks(Struct):
    """`request_id` and `client_id` are those that the client has given; `lines` are header lines for the response.

    `method` and `path` are what the request log calls them; `let_in` is the gate that this head has passed, where
    passing once is passing always.
    """

    scores: bool
    is_recorded: bool
    is_collected: bool
    is_too_long: bool
    request_id: str | None
    client_id: str | None
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
        given = head.headers.get(b"x-ms-request-id") or head.headers.get(b"x-request-id")
        client_id = head.headers.get(b"x-ms-client-request-id")
        scores = head.path == b"/score"
        return Asks(
            scores,
            head.path not in UNRECORDED,
            scores and head.method != b"OPTIONS" and _PROBE not in head.headers,
            too_long(given) or too_long(client_id),
            given.decode() if given and is_id(given) else None,
            client_id.decode("latin-1") if client_id else None,
            self._lines(head, client_id),
            head.method.decode("latin-1"),
            head.path.decode("latin-1"),
        )

    def _lines(self, head: Head, client_id: bytes | None) -> bytes:
        echoed = client_id and len(client_id) <= LONGEST_ID
        lines = b"x-ms-client-request-id: %s\r\n" % client_id if echoed else b""
        origin = head.headers.get(b"origin")
        if origin and (self._any_origin or origin in self._origins):
            lines += _cors(head, origin)
        return lines


def _cors(head: Head, origin: bytes) -> bytes:
    lines = b"Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n" % origin
    if head.method != b"OPTIONS":
        return lines + b"Access-Control-Expose-Headers: x-ms-request-id, x-ms-run-fn-exec-ms\r\n"
    wanted = head.headers.get(b"access-control-request-headers", b"authorization, content-type")
    allowed = b"Access-Control-Allow-Methods: GET, POST\r\nAccess-Control-Allow-Headers: %s\r\n" % wanted
    return lines + allowed + b"Access-Control-Max-Age: 600\r\n"

"""Model data collection: what was scored and what was answered, one record per request, off the hot path."""

from base64 import b64encode

import msgspec
from msgspec import Struct

from mlops_cli.engine.serving.linefile import LineFile
from mlops_cli.engine.serving.messages import Request, Response
from mlops_cli.engine.serving.payload import decompress, query_payload

_ANY_JSON = msgspec.json.Decoder(msgspec.Raw)
_ENCODER = msgspec.json.Encoder()
_TIME, _ID, _INPUTS, _OUTPUTS = b'{"time":"', b'","request_id":', b',"inputs":', b',"outputs":'
_NEWLINE = 10


class CollectedRecord(Struct):
    """A line of the file: when the request was complete, and the bodies as JSON."""

    time: str
    request_id: str
    inputs: msgspec.Raw
    outputs: msgspec.Raw


class DataCollector:
    """`add` copies bodies and holds on to none. None that was scored had more than `most_body` bytes."""

    def __init__(self, lines: LineFile, most_body: int) -> None:
        self._lines = lines
        self._most_body = most_body

    def add(self, request: Request, response: Response, at: str) -> None:
        inputs, outputs = request.body, response.body
        if not response.is_plain or _NEWLINE in inputs:
            inputs, outputs = as_json(self._sent(request)), as_json(outputs)
        request_id = _ENCODER.encode(request.id)
        self._lines.add(_TIME, at.encode(), _ID, request_id, _INPUTS, inputs, _OUTPUTS, outputs, b"}\n")

    def flush(self) -> None:
        self._lines.flush()

    def _sent(self, request: Request) -> bytes:
        head = request.head
        if head.method == b"GET" and not request.body:
            return msgspec.json.encode(query_payload(head.query))
        encoding = head.headers.get(b"content-encoding")
        return decompress(request.body, encoding.lower(), self._most_body) if encoding else request.body


def as_json(body: bytes) -> bytes:
    """The body as JSON of one line: itself, or if it is none a string, in base64 if it is no text either."""
    try:
        _ANY_JSON.decode(body)
        return msgspec.json.format(body, indent=-1) if _NEWLINE in body else body
    except (msgspec.MsgspecError, RecursionError):
        return msgspec.json.encode(_text(body))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return b64encode(body).decode()

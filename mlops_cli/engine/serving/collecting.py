"""Model data collection: what was scored and what was answered, one record per request, off the hot path."""

import time
from base64 import b64encode
from collections.abc import Callable

import msgspec
from msgspec import Struct

from mlops_cli.engine.serving.logs import AppendFile, timestamp
from mlops_cli.engine.serving.messages import Request, Response
from mlops_cli.engine.serving.payload import decompress, query_payload

_ENCODER = msgspec.json.Encoder()
_ANY_JSON = msgspec.json.Decoder(msgspec.Raw)
_NEWLINE = 10
MOST_BYTES = 32_768
"""Written at once: as long as the cache of a core holds."""


class CollectedRecord(Struct):
    """A line of the file: when the request was complete, and the bodies as JSON."""

    time: str
    request_id: str
    inputs: msgspec.Raw
    outputs: msgspec.Raw


class DataCollector:
    """`add` encodes, so that no body is held on to; `flush` writes whole lines, at the latest when they are many.

    No body of a request that was answered had more than `most_body` bytes.
    """

    def __init__(self, file: AppendFile, most_body: int, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._most_body = most_body
        self._clock = clock
        self._lines = bytearray()

    def add(self, request: Request, response: Response, seconds: float) -> None:
        at = timestamp(self._clock() - seconds)
        record = CollectedRecord(at, request.id, as_json(self._sent(request)), as_json(response.body))
        _ENCODER.encode_into(record, self._lines, -1)
        self._lines += b"\n"
        if len(self._lines) >= MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        if self._lines:
            self._file.write(self._lines)
            self._lines = bytearray()

    def _sent(self, request: Request) -> bytes:
        head = request.head
        if head.method == b"GET" and not request.body:
            return msgspec.json.encode(query_payload(head.query))
        encoding = head.headers.get(b"content-encoding")
        return decompress(request.body, encoding.lower(), self._most_body) if encoding else request.body


def as_json(body: bytes) -> msgspec.Raw:
    """The body as JSON of one line: itself, or if it is none a string, in base64 if it is no text either."""
    try:
        _ANY_JSON.decode(body)
        return msgspec.Raw(msgspec.json.format(body, indent=-1) if _NEWLINE in body else body)
    except (msgspec.MsgspecError, RecursionError):
        return msgspec.Raw(msgspec.json.encode(_text(body)))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return b64encode(body).decode()

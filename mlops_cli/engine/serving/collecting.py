"""Model data collection: what was scored and what was answered, one record per request, off the hot path."""

from base64 import b64encode
from concurrent.futures import Future, ThreadPoolExecutor

import msgspec
from msgspec import Struct

from mlops_cli.engine.serving.logs import AppendFile
from mlops_cli.engine.serving.messages import Request, Response
from mlops_cli.engine.serving.payload import decompress, query_payload

_ANY_JSON = msgspec.json.Decoder(msgspec.Raw)
_ENCODER = msgspec.json.Encoder()
_LINE = b'{"time":"%b","request_id":%b,"inputs":%b,"outputs":%b}\n'
_NEWLINE = 10
MOST_BYTES = 262_144
"""Written at once: the fewer pieces, the less each byte costs."""
MOST_WRITES = 64
"""Pieces that may wait for a slow disk; beyond that they are lost, not the requests."""


class CollectedRecord(Struct):
    """A line of the file: when the request was complete, and the bodies as JSON."""

    time: str
    request_id: str
    inputs: msgspec.Raw
    outputs: msgspec.Raw


class DataCollector:
    """`add` makes the line, so that no body is held on to; `flush` has whole lines written, at the latest when they
    are many. A thread writes: on a busy disk, and when a file is rotated, that takes longer than many answers.

    No body of a request that was answered had more than `most_body` bytes.
    """

    def __init__(self, file: AppendFile, most_body: int) -> None:
        self._file = file
        self._most_body = most_body
        self._lines = bytearray()
        self._thread = ThreadPoolExecutor(1)
        self._writes: list[Future[None]] = []

    def add(self, request: Request, response: Response, at: str) -> None:
        inputs, outputs = request.body, response.body
        if not response.is_plain or _NEWLINE in inputs:
            inputs, outputs = as_json(self._sent(request)), as_json(outputs)
        self._lines += _LINE % (at.encode(), _ENCODER.encode(request.id), inputs, outputs)
        if len(self._lines) >= MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        lines, self._lines = self._lines, bytearray()
        self._writes = [write for write in self._writes if not write.done()]
        if lines and len(self._writes) < MOST_WRITES:
            self._writes.append(self._thread.submit(self._file.write, lines))

    def close(self) -> None:
        """Once everything is written."""
        self.flush()
        self._thread.shutdown()

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

"""The request log: one record per request, written in batches off the hot path."""

import os

import msgspec

from mlops_cli.domain.endpoints import RequestRecord
from mlops_cli.engine.serving.linefile import LineFile
from mlops_cli.engine.serving.logs import milliseconds
from mlops_cli.engine.serving.messages import Request, Response

_ENCODER = msgspec.json.Encoder()
_WORKER = os.getpid()
MOST_WAITING = 128
"""Records encoded at once: a few hundredths of a millisecond in which no request is answered."""


def record(request: Request, response: Response, seconds: float, at: str) -> RequestRecord:
    """Keeps neither body: while requests are waiting to be written, their memory serves the next ones."""
    asks = request.head.asks
    return RequestRecord(
        at,
        request.id,
        asks.method,
        asks.path,
        response.status,
        milliseconds(seconds),
        len(request.body),
        len(response.body),
        _WORKER,
        asks.client_id,
        response.run_ms,
        response.rows,
    )


class RequestLog:
    """`add` remembers, `flush` writes, at the latest when many wait; lines of several workers never mix."""

    def __init__(self, lines: LineFile) -> None:
        self._lines = lines
        self._waiting: list[RequestRecord] = []

    def add(self, record: RequestRecord) -> None:
        self._waiting.append(record)
        if len(self._waiting) >= MOST_WAITING:
            self._encode()

    def flush(self) -> None:
        self._encode()
        self._lines.flush()

    def _encode(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._lines.add(_ENCODER.encode_lines(waiting))

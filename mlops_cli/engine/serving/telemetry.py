"""The request log: one record per request, written in batches off the hot path."""

import os
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from mlops_cli.domain.endpoints import RequestRecord
from mlops_cli.engine.serving.logs import AppendFile, timestamp
from mlops_cli.engine.serving.messages import Request, Response

_ENCODER = msgspec.json.Encoder()
MOST_WAITING = 128
"""Records written at once: half a millisecond in which no request is answered."""


class RequestLog:
    """`add` remembers, `flush` writes, at the latest when many wait; lines of several workers never mix."""

    def __init__(self, file: AppendFile, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._worker = os.getpid()
        self._waiting: list[tuple[Any, ...]] = []

    def add(
        self, request: Request, response: Response, request_id: str, client_id: bytes | None, seconds: float
    ) -> None:
        """Keeps neither body: while requests are waiting to be written, their memory serves the next ones."""
        what = (
            request.head.method,
            request.head.path,
            response.status,
            len(request.body),
            len(response.body),
        )
        self._waiting.append(
            (self._clock(), seconds, request_id, client_id, *what, response.run_ms, response.rows)
        )
        if len(self._waiting) >= MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            encode = _ENCODER.encode
            lines = [encode(self._record(*item)) for item in waiting]
            self._file.write(b"\n".join(lines) + b"\n")

    def _record(
        self,
        at: float,
        seconds: float,
        request_id: str,
        client_id: bytes | None,
        method: bytes,
        path: bytes,
        status: int,
        bytes_in: int,
        bytes_out: int,
        run_ms: float | None,
        rows: int | None,
    ) -> RequestRecord:
        return RequestRecord(
            timestamp(at - seconds),
            request_id,
            _text(method),
            _text(path),
            status,
            int(seconds * 1e6) / 1e3,
            bytes_in,
            bytes_out,
            self._worker,
            client_id.decode("latin-1") if client_id else None,
            None if run_ms is None else int(run_ms * 1e3) / 1e3,
            rows,
        )


@lru_cache(64)
def _text(raw: bytes) -> str:
    return raw.decode("latin-1")

"""The request log: one record per request, written in batches off the hot path."""

import os
import time
from collections.abc import Callable

import msgspec

from mlops_cli.engine.serving.logs import AppendFile, timestamp
from mlops_cli.engine.serving.messages import Request, Response
from mlops_cli.engine.serving.spec import RequestRecord


class RequestLog:
    """`add` remembers, `flush` writes; lines of several workers never mix."""

    def __init__(self, file: AppendFile, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._worker = os.getpid()
        self._waiting: list[tuple[float, float, str, bytes | None, Request, Response]] = []

    def add(
        self, request: Request, response: Response, request_id: str, client_id: bytes | None, seconds: float
    ) -> None:
        self._waiting.append((self._clock(), seconds, request_id, client_id, request, response))

    def flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            lines = [msgspec.json.encode(self._record(*item)) for item in waiting]
            self._file.write(b"\n".join(lines) + b"\n")

    def _record(
        self,
        at: float,
        seconds: float,
        request_id: str,
        client_id: bytes | None,
        request: Request,
        response: Response,
    ) -> RequestRecord:
        return RequestRecord(
            time=timestamp(at - seconds),
            request_id=request_id,
            method=request.method.decode("latin-1"),
            path=request.path.decode("latin-1"),
            status=response.status,
            duration_ms=round(seconds * 1e3, 3),
            bytes_in=len(request.body),
            bytes_out=len(response.body),
            worker=self._worker,
            client_request_id=client_id.decode("latin-1") if client_id else None,
            run_ms=None if response.run_ms is None else round(response.run_ms, 3),
            rows=response.rows,
        )

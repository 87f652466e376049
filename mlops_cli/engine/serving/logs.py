"""Files that several workers append to, each line in one write, kept below a size by rotation."""

import fcntl
import os
import time
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock

import msgspec

from mlops_cli.domain.endpoints import Level, LogLine

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
"""The id of the request that this thread is scoring."""

CHECK_BYTES = 65_536
LONGEST_MESSAGE = 32_768


def timestamp(at: float) -> str:
    """Unix seconds as ISO 8601 in UTC with milliseconds."""
    return _timestamp(int(at * 1000))


def milliseconds(seconds: float) -> float:
    """To the microsecond."""
    return int(seconds * 1e6 + 0.5) / 1e3


@lru_cache(64)
def _timestamp(milliseconds: int) -> str:
    second, rest = divmod(milliseconds, 1000)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03}Z"


class AppendFile:
    """A file opened with O_APPEND. At `limit` bytes it becomes NAME.1 and a new one is begun.

    A full disk loses lines, not requests: `write` never raises OSError.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.limit = limit
        self._unchecked = 0
        self._lock = Lock()
        self._fd = self._open()

    def write(self, data: bytes | memoryview) -> None:
        with self._lock:
            self._unchecked += len(data)
            try:
                if self._unchecked >= min(CHECK_BYTES, self.limit):
                    self._check()
                os.write(self._fd, data)
            except OSError:
                return

    def close(self) -> None:
        os.close(self._fd)

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _check(self) -> None:
        """Rotate when the file is too long; follow when another worker has rotated it."""
        self._unchecked = 0
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        try:
            current = self._is_current()
            if current and os.fstat(self._fd).st_size >= self.limit:
                os.replace(self.path, self.path.with_name(self.path.name + ".1"))
                current = False
        finally:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        if not current:
            old, self._fd = self._fd, self._open()
            os.close(old)

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._fd), self.path.stat())
        except FileNotFoundError:
            return False


class ServiceLog:
    """The service's log, for any thread; a line carries the id of the request at hand."""

    def __init__(self, file: AppendFile, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock

    def write(self, level: Level, source: str, message: str, request_id: str | None = None) -> None:
        if len(message) > LONGEST_MESSAGE:
            message = message[:LONGEST_MESSAGE] + " ..."
        text = message.encode("utf-8", "replace").decode()
        line = LogLine(timestamp(self._clock()), level, source, text, request_id or current_request.get())
        self._file.write(msgspec.json.encode(line) + b"\n")

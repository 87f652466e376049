"""Metrics of a whole service in Prometheus' text format, whichever of its workers is asked.

Each worker counts in a file of its own, mapped into memory, and holds a lock on it as long as it lives.
Who is asked adds up the files of all workers. The counts of workers that have ended are moved into one more
file, `ended`, by the next one that starts, so that no counter ever goes back while the service is replaced.
"""

import fcntl
import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from operator import attrgetter
from pathlib import Path

from mlops_cli.engine.serving.counters import (
    BUCKETS,
    CODE,
    CPU,
    GAUGES,
    IN_FLIGHT,
    MODEL,
    MODEL_SUM,
    REQUEST,
    REQUEST_SUM,
    ROWS,
    RSS,
    SIZE,
    Counters,
)
from mlops_cli.engine.serving.exposition import alive, counted
from mlops_cli.engine.serving.messages import Response
from mlops_cli.engine.serving.spec import METRICS_DIR

_bucket = partial(bisect_left, BUCKETS)
_STATUS, _ROWS, _RUN_MS = map(attrgetter, ("status", "rows", "run_ms"))
MOST_WAITING = 512
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Metrics:
    """What one worker counts. `began` and `ended` only remember; `digest` counts, a few times a second or more."""

    def __init__(self, service_dir: Path) -> None:
        self._folder = service_dir / METRICS_DIR
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with self._locked():
            self._bury()
            self._own = Counters(self._folder / f"{os.getpid()}")
            self._own.is_free()
        self._begun = self._ended = 0
        self._seconds: list[float] = []
        self._responses: list[Response] = []

    def began(self) -> None:
        self._begun += 1

    def ended(self, seconds: float, response: Response) -> None:
        self._seconds.append(seconds)
        self._responses.append(response)
        if len(self._seconds) >= MOST_WAITING:
            self._count()

    def refused(self, status: int) -> None:
        """Count what never became a whole request; it has no duration."""
        self._own.values[CODE + status] += 1

    def digest(self) -> None:
        self._count()
        values = self._own.values
        values[IN_FLIGHT] = self._begun - self._ended
        values[CPU] = time.process_time()
        values[RSS] = _resident_bytes()

    def _count(self) -> None:
        seconds, self._seconds = self._seconds, []
        responses, self._responses = self._responses, []
        values = self._own.values
        self._ended += len(seconds)
        for status, count in Counter(map(_STATUS, responses)).items():
            values[CODE + status] += count
        values[ROWS] += sum(filter(None, map(_ROWS, responses)))
        self._observe(REQUEST, REQUEST_SUM, seconds)
        self._observe(MODEL, MODEL_SUM, [ms / 1e3 for ms in map(_RUN_MS, responses) if ms is not None])

    def _observe(self, histogram: int, whole: int, durations: list[float]) -> None:
        for bucket, count in Counter(map(_bucket, durations)).items():
            self._own.values[histogram + bucket] += count
        self._own.values[whole] += sum(durations)

    def text(self) -> bytes:
        """All workers together, in the text exposition format 0.0.4."""
        self.digest()
        total = [0.0] * SIZE
        workers: dict[str, list[float]] = {}
        with self._locked():
            for path in self._files():
                counters = self._own if path == self._own.path else Counters(path)
                for index, value in enumerate(counters.values):
                    total[index] += 0 if index in GAUGES else value
                if counters is self._own or not counters.is_free():
                    workers[path.name] = [counters.values[index] for index in GAUGES]
                if counters is not self._own:
                    counters.close()
        return "\n".join([*counted(total), *alive(workers), ""]).encode()

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.iterdir() if path.name != "lock")

    def _bury(self) -> None:
        """Move the counts of workers that have ended."""
        grave = Counters(self._folder / "ended")
        for path in self._files():
            if path == grave.path:
                continue
            counters = Counters(path)
            if counters.is_free():
                grave.add(counters)
                path.unlink()
            counters.close()
        grave.close()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fd = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def _resident_bytes() -> float:
    """As /proc tells; 0 where there is none."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0.0

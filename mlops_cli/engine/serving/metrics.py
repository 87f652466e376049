"""Metrics of a whole service in Prometheus' text format, whichever of its workers is asked.

Each worker counts in a file of its own, mapped into memory, and holds a lock on it as long as it lives.
Who is asked adds up the files of all workers. The counts of workers that have ended are moved into one more
file, `ended`, by the next one that starts, so that no counter ever goes back while the service is replaced.
"""

import fcntl
import os
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from operator import attrgetter
from pathlib import Path

from mlops_cli.domain.endpoints import RequestRecord
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
from mlops_cli.engine.serving.spec import METRICS_DIR

_BOUNDS = [*(seconds * 1e3 for seconds in BUCKETS), inf]
_STATUS, _ROWS, _DURATION, _RUN = map(attrgetter, ("status", "rows", "duration_ms", "run_ms"))
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
        self._records: list[RequestRecord] = []

    def began(self) -> None:
        self._begun += 1

    def ended(self, record: RequestRecord) -> None:
        self._records.append(record)
        if len(self._records) >= MOST_WAITING:
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
        records, self._records = self._records, []
        values = self._own.values
        self._ended += len(records)
        for status, count in Counter(map(_STATUS, records)).items():
            values[CODE + status] += count
        values[ROWS] += sum(filter(None, map(_ROWS, records)))
        self._observe(REQUEST, REQUEST_SUM, list(map(_DURATION, records)))
        self._observe(MODEL, MODEL_SUM, [ms for ms in map(_RUN, records) if ms is not None])

    def _observe(self, histogram: int, whole: int, milliseconds: list[float]) -> None:
        values, below = self._own.values, 0
        milliseconds.sort()
        for bucket, bound in enumerate(_BOUNDS, histogram):
            up_to = bisect_right(milliseconds, bound, below)
            values[bucket] += up_to - below
            below = up_to
        values[whole] += sum(milliseconds) / 1e3

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

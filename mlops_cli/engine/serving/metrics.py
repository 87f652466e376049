"""Metrics of a whole service in Prometheus' text format, whichever of its workers is asked.

Each worker counts in a file of its own, mapped into memory, and holds a lock on it as long as it lives.
Who is asked adds up the files of all workers. The counts of workers that have ended are moved into one more
file, `ended`, by the next one that starts, so that no counter ever goes back while the service is replaced.
"""

import fcntl
import mmap
import os
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mlops_cli.engine.serving.messages import Response
from mlops_cli.engine.serving.spec import METRICS_DIR

BUCKETS = (
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1,
    2.5,
    5,
    10,
    30,
)
"""Upper bounds in seconds; a fast model answers in a tenth of a millisecond, a slow one is cut off in a minute."""
CODES = 600
_CPU, _RSS, _IN_FLIGHT, _ROWS, _REQUEST_SUM, _MODEL_SUM = range(6)
_REQUEST = 6
_MODEL = _REQUEST + len(BUCKETS) + 1
_CODE = _MODEL + len(BUCKETS) + 1
SIZE = _CODE + CODES
GAUGES = (_CPU, _RSS, _IN_FLIGHT)
"""Of one process; they do not outlive it."""
_bucket = partial(bisect_left, BUCKETS)
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Counters:
    """SIZE floats in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._fd, SIZE * 8)
        self._map = mmap.mmap(self._fd, SIZE * 8)
        self.values = memoryview(self._map).cast("d")

    def is_free(self) -> bool:
        """Whether nobody counts here; if so, it is ours from now on."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def add(self, other: "Counters") -> None:
        for index, value in enumerate(other.values):
            if index not in GAUGES:
                self.values[index] += value

    def close(self) -> None:
        self.values.release()
        self._map.close()
        os.close(self._fd)


class Metrics:
    """What one worker counts. `began` and `ended` only remember; `digest` counts, a few times a second."""

    def __init__(self, service_dir: Path) -> None:
        self._folder = service_dir / METRICS_DIR
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with self._locked():
            self._bury()
            self._own = Counters(self._folder / f"{os.getpid()}")
            self._own.is_free()
        self._begun = self._ended = 0
        self._waiting: list[tuple[float, Response]] = []

    def began(self) -> None:
        self._begun += 1

    def ended(self, seconds: float, response: Response) -> None:
        self._waiting.append((seconds, response))

    def refused(self, status: int) -> None:
        """Count what never became a whole request; it has no duration."""
        self._own.values[_CODE + status] += 1

    def digest(self) -> None:
        waiting, self._waiting = self._waiting, []
        values = self._own.values
        if waiting:
            self._ended += len(waiting)
            for status, count in Counter([response.status for _, response in waiting]).items():
                values[_CODE + status] += count
            values[_ROWS] += sum([response.rows or 0 for _, response in waiting])
            self._observe(_REQUEST, _REQUEST_SUM, [seconds for seconds, _ in waiting])
            model = [response.run_ms / 1e3 for _, response in waiting if response.run_ms is not None]
            self._observe(_MODEL, _MODEL_SUM, model)
        values[_IN_FLIGHT] = self._begun - self._ended
        values[_CPU] = time.process_time()
        values[_RSS] = _resident_bytes()

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
        return "\n".join([*_counted(total), *_alive(workers), ""]).encode()

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


def _counted(total: list[float]) -> Iterator[str]:
    yield from _head("mlops_requests_total", "counter", "Scoring requests answered, by status code.")
    for code, count in enumerate(total[_CODE:]):
        if count:
            yield f'mlops_requests_total{{code="{code}"}} {count:.0f}'
    yield from _head("mlops_rows_total", "counter", "Rows scored.")
    yield f"mlops_rows_total {total[_ROWS]:.0f}"
    text = "Seconds from a whole request to its answer."
    yield from _histogram("mlops_request_duration_seconds", text, total, _REQUEST, total[_REQUEST_SUM])
    text = "Seconds of that in run(), the model."
    yield from _histogram("mlops_model_duration_seconds", text, total, _MODEL, total[_MODEL_SUM])


def _histogram(name: str, text: str, total: list[float], start: int, whole: float) -> Iterator[str]:
    yield from _head(name, "histogram", text)
    count = 0.0
    for bound, more in zip((*BUCKETS, "+Inf"), total[start:], strict=False):
        count += more
        yield f'{name}_bucket{{le="{bound}"}} {count:.0f}'
    yield f"{name}_sum {whole!r}"
    yield f"{name}_count {count:.0f}"


def _alive(workers: dict[str, list[float]]) -> Iterator[str]:
    yield from _head("mlops_workers", "gauge", "Worker processes of the service.")
    yield f"mlops_workers {len(workers)}"
    yield from _head("mlops_requests_in_flight", "gauge", "Scoring requests being answered, by worker.")
    yield from (
        f'mlops_requests_in_flight{{worker="{pid}"}} {v[_IN_FLIGHT]:.0f}' for pid, v in workers.items()
    )
    yield from _head("process_cpu_seconds_total", "counter", "CPU time of each worker process.")
    yield from (f'process_cpu_seconds_total{{worker="{pid}"}} {v[_CPU]!r}' for pid, v in workers.items())
    yield from _head("process_resident_memory_bytes", "gauge", "Resident memory of each worker process.")
    yield from (
        f'process_resident_memory_bytes{{worker="{pid}"}} {v[_RSS]:.0f}' for pid, v in workers.items()
    )


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _resident_bytes() -> float:
    """As /proc tells; 0 where there is none."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0.0

"""What one worker counts, in a file mapped into memory, and where in it which number stands."""

import fcntl
import mmap
import os
from pathlib import Path

BUCKETS = (
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
)  # fmt: skip
"""Upper bounds in seconds; a fast model answers in a tenth of a millisecond, a slow one is cut off in a minute."""
CODES = 600
CPU, RSS, IN_FLIGHT, ROWS, REQUEST_SUM, MODEL_SUM = range(6)
REQUEST = 6
MODEL = REQUEST + len(BUCKETS) + 1
CODE = MODEL + len(BUCKETS) + 1
SIZE = CODE + CODES
GAUGES = (CPU, RSS, IN_FLIGHT)
"""Of one process; they do not outlive it."""


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

"""Lines that a thread writes: on a busy disk, and when a file is rotated, writing takes longer than many answers."""

from concurrent.futures import Future, ThreadPoolExecutor

from mlops_cli.engine.serving.logs import AppendFile

MOST_BYTES = 262_144
"""Written at once: the fewer pieces, the less each byte costs."""
MOST_WRITES = 64
"""Pieces that may wait for a slow disk; beyond that they are lost, not the requests."""


class LineFile:
    """`add` remembers whole lines, `flush` has them written by `thread`, at the latest when they are many."""

    def __init__(self, file: AppendFile, thread: ThreadPoolExecutor) -> None:
        self._file = file
        self._thread = thread
        self._lines = bytearray()
        self._writes: list[Future[None]] = []

    def add(self, lines: bytes) -> None:
        self._lines += lines
        if len(self._lines) >= MOST_BYTES:
            self.flush()

    def flush(self) -> None:
        lines, self._lines = self._lines, bytearray()
        self._writes = [write for write in self._writes if not write.done()]
        if lines and len(self._writes) < MOST_WRITES:
            self._writes.append(self._thread.submit(self._file.write, lines))

"""Lines that a thread writes: on a busy disk, and when a file is rotated, writing takes longer than many answers."""

from concurrent.futures import ThreadPoolExecutor

from mlops_cli.engine.serving.logs import AppendFile

MOST_BYTES = 262_144
"""Written at once: the fewer pieces, the less each byte costs."""
MOST_WRITES = 64
"""Pieces that may wait for a slow disk; beyond that they are lost, not the requests."""


class LineFile:
    """`add` remembers whole lines, `flush` has them written by `thread`, at the latest when they are many.

    Buffers are used again: memory that is new costs more than what is copied into it.
    """

    def __init__(self, file: AppendFile, thread: ThreadPoolExecutor) -> None:
        self._file = file
        self._thread = thread
        self._free: list[bytearray] = []
        self._made = 0
        self._buffer = bytearray()
        self._end = 0

    def add(self, lines: bytes) -> None:
        end = self._end + len(lines)
        if end > len(self._buffer):
            self.flush()
            self._buffer, end = self._empty(len(lines)), len(lines)
            if not self._buffer:
                return
        self._buffer[self._end : end] = lines
        self._end = end

    def flush(self) -> None:
        if self._end:
            self._thread.submit(self._write, self._buffer, self._end)
            self._buffer, self._end = bytearray(), 0

    def _empty(self, least: int) -> bytearray:
        """A buffer for so many bytes; none when too many are waiting to be written."""
        if self._free and least <= MOST_BYTES:
            return self._free.pop()
        if self._made - len(self._free) >= MOST_WRITES:
            return bytearray()
        self._made += 1
        return bytearray(max(MOST_BYTES, least))

    def _write(self, buffer: bytearray, end: int) -> None:
        with memoryview(buffer) as whole:
            self._file.write(whole[:end])
        if len(buffer) == MOST_BYTES:
            self._free.append(buffer)
        else:
            self._made -= 1

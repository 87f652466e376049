"""Lines that a thread writes: on a busy disk, and when a file is rotated, writing takes longer than many answers."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from mlops_cli.engine.serving.logs import AppendFile

MOST_BYTES = 524_288
"""Written at once, and at most one line more: the fewer pieces, the less each byte costs."""
MOST_WRITES = 64
"""Pieces that may wait for a slow disk; beyond that they are lost, not the requests."""


class LineFile:
    """`add` remembers whole lines, `flush` has them written by `thread`, at the latest when they are many.

    Buffers are used again: memory that is new costs more than what is copied into it.
    """

    def __init__(self, file: AppendFile, thread: ThreadPoolExecutor) -> None:
        self._file = file
        self._thread = thread
        self._free: list[BytesIO] = []
        self._made = 0
        self._buffer: BytesIO | None = None

    def add(self, *parts: bytes) -> None:
        """The parts of one line, or of several, one after the other."""
        buffer = self._buffer or self._empty()
        if buffer:
            buffer.writelines(parts)
            if buffer.tell() >= MOST_BYTES:
                self.flush()

    def flush(self) -> None:
        if self._buffer:
            self._thread.submit(self._write, self._buffer)
            self._buffer = None

    def _empty(self) -> BytesIO | None:
        """None when too many are waiting to be written."""
        if self._free:
            self._buffer = self._free.pop()
        elif self._made < MOST_WRITES:
            self._made += 1
            self._buffer = BytesIO()
        return self._buffer

    def _write(self, buffer: BytesIO) -> None:
        """Written is what stands before the position; behind it may be the rest of earlier lines."""
        with buffer.getbuffer() as whole:
            self._file.write(whole[: buffer.tell()])
            is_large = len(whole) > 2 * MOST_BYTES
        buffer.seek(0)
        self._free.append(BytesIO() if is_large else buffer)

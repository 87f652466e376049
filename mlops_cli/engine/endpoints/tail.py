"""New lines of a file that grows and is rotated by renaming it to NAME.1."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


class LogTail:
    """Whole lines, each once: first all that the file and NAME.1 hold, then what is written from then on.

    The file before the current one is read on, because a writer may notice the rotation late.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._files: list[_Growing] = []
        for place in (path.with_name(path.name + ".1"), path):
            if place.exists():
                self._files.append(_Growing(place))

    def new_lines(self) -> Iterator[bytes]:
        """The lines that have been completed since the last call."""
        for file in self._files:
            yield from file.new_lines()
        if self._path.exists() and not any(file.is_at(self._path) for file in self._files):
            yield from self._turn()

    def _turn(self) -> Iterator[bytes]:
        self._files.append(_Growing(self._path))
        while len(self._files) > 2:
            oldest = self._files.pop(0)
            yield from oldest.new_lines()
            oldest.close()
        for file in self._files:
            yield from file.new_lines()


class _Growing:
    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self._rest = b""

    def new_lines(self) -> Iterator[bytes]:
        for piece in self._file:
            self._rest += piece
            if self._rest.endswith(b"\n"):
                line, self._rest = self._rest, b""
                yield line

    def is_at(self, path: Path) -> bool:
        return os.path.samestat(os.fstat(self._file.fileno()), path.stat())

    def close(self) -> None:
        self._file.close()

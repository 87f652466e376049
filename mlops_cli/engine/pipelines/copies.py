"""Copies of code that steps have left untouched are handed on to the next steps with the same code.

A file that is made costs more than one that is renamed, and on ext4 many times more where files were removed in the
last minutes, as it looks past each of them.
"""

import os
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from mlops_cli.engine.pipelines.content import is_small, listing


class Snapshot(NamedTuple):
    """What a copy consists of; of each file the mode and the content."""

    names: set[str]
    files: dict[str, tuple[int, bytes]]


class Copies:
    """Those of one run, by the folder of the snapshot that they are copies of."""

    def __init__(self) -> None:
        self._snapshots: dict[str, Snapshot | None] = {}
        self._left: dict[str, list[str]] = defaultdict(list)

    def take(self, code: str) -> str:
        """A folder that is the caller's from now on; empty when there is none."""
        return self._left[code].pop() if self._left[code] else ""

    def offer(self, code: str, folder: str) -> None:
        """Keep the folder of a step whose processes are gone, if it is as it was."""
        if code not in self._snapshots:
            self._snapshots[code] = _snapshot(code)
        snapshot = self._snapshots[code]
        if snapshot and _is_untouched(folder, snapshot):
            self._left[code].append(folder)


def _snapshot(code: str) -> Snapshot | None:
    """None for one whose copies take so long to look at that they are better made."""
    if not is_small(Path(code)):
        return None
    folders, files = listing(Path(code))
    mask = os.umask(0)
    os.umask(mask)
    paths = {name: Path(code, name) for name in files}
    known = {name: (path.stat().st_mode & ~mask, path.read_bytes()) for name, path in paths.items()}
    return Snapshot({*folders, *files}, known)


def _is_untouched(folder: str, snapshot: Snapshot) -> bool:
    """Whether the folder holds what was copied there, and nothing else but what Python has compiled of it."""
    names: set[str] = set()
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        below = place[len(folder) + 1 :]
        names.update(f"{below}/{name}" if below else name for name in folders + files)
    try:
        return names == snapshot.names and all(
            _is_same(f"{folder}/{name}", *known) for name, known in snapshot.files.items()
        )
    except OSError:
        return False


def _is_same(path: str, mode: int, content: bytes) -> bool:
    found = os.lstat(path)
    alike = (found.st_mode, found.st_nlink, found.st_size) == (mode, 1, len(content))
    return alike and _content(path) == content


def _content(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.readall()

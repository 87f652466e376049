"""Folders over the flat names of blobs: those that were made, and those that something lies in."""

from __future__ import annotations

import time
from collections.abc import Iterator

from mlops_cli.emulator.state import State
from mlops_cli.emulator.state.blobs import Blob


class Tree:
    """The files and folders of one share or file system. Paths have no slash at their ends; the root is ''."""

    def __init__(self, state: State, account: str, name: str) -> None:
        self.account, self.name = account, name
        self._blobs = state.blobs
        self._made = state.collection(f"folders/{account}/{name}")

    def file(self, path: str) -> Blob | None:
        return self._blobs.get(self.account, self.name, path)

    def is_folder(self, path: str) -> bool:
        return not path or self._made.get(path) is not None or any(self.children(path))

    def has_parent(self, path: str) -> bool:
        return self.is_folder(path.rpartition("/")[0])

    def made(self, path: str) -> float:
        """When the folder was made, in seconds since 1970."""
        return float((self._made.get(path) or {}).get("made", 0))

    def make(self, path: str) -> None:
        self._made.put(path, {"path": path, "made": time.time()})

    def remove(self, path: str) -> None:
        self._made.delete(path)

    def files(self, path: str) -> list[Blob]:
        """All that lie in the folder, at any depth."""
        return self._blobs.under(self.account, self.name, f"{path}/" if path else "")

    def folders(self, path: str) -> set[str]:
        """The same for folders."""
        head = f"{path}/" if path else ""
        made = {str(document["path"]) for document in self._made.under(head)}
        names = made | {blob.name.rpartition("/")[0] for blob in self.files(path)}
        return {parent for name in names for parent in _upwards(name) if parent.startswith(head)} - {path}

    def children(self, path: str) -> dict[str, Blob | None]:
        """What lies directly in the folder, by name; the value of a folder is None."""
        depth = path.count("/") + 1 if path else 0
        found: dict[str, Blob | None] = {p: None for p in self.folders(path) if p.count("/") == depth}
        found |= {blob.name: blob for blob in self.files(path) if blob.name.count("/") == depth}
        return {p.rpartition("/")[2]: found[p] for p in sorted(found)}


def _upwards(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]

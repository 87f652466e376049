"""Documents and blobs of one instance."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from mlops_cli.emulator.state.blobs import Blobs
from mlops_cli.emulator.state.database import Database
from mlops_cli.emulator.state.documents import Collection


class State:
    """Everything below `folder`; opened by one server process at a time."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._database = Database(folder / "state.sqlite")
        self.blobs = Blobs(self._database, folder / "blobs")

    def collection(self, name: str) -> Collection:
        """The documents called `name`; made by the first write."""
        return Collection(self._database, name)

    def transaction(self) -> AbstractContextManager[None]:
        """Everything written inside is written, or nothing is; other threads wait."""
        return self._database.transaction()

    def close(self) -> None:
        self._database.close()

"""Asynchronous operations: what a client polls until it is over."""

from __future__ import annotations

import time
import uuid

from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace

SLOW_SECONDS = 2.0


class Operations:
    """The operations of a workspace. An operation is over at a moment known beforehand, or when told so."""

    def __init__(self, workspace: Workspace) -> None:
        self._documents: Collection = workspace.collection("operations")

    def start(self, *, fast: bool = False, error: str | None = None) -> str:
        """An operation that is over at once (`fast`) or soon, with `error` where it is to fail."""
        return self._add({"ready_at": time.time() + (0 if fast else SLOW_SECONDS), "error": error})

    def open(self) -> str:
        """An operation that is over when `finish` says so."""
        return self._add({"ready_at": None, "error": None})

    def finish(self, operation_id: str, error: str | None = None) -> None:
        self._documents.change(operation_id, lambda d: d.update(ready_at=time.time(), error=error))

    def state(self, operation_id: str) -> tuple[str, str | None] | None:
        """InProgress, Succeeded or Failed, and the error; None for an unknown operation."""
        found = self._documents.get(operation_id)
        return _state(found) if found else None

    def _add(self, document: Document) -> str:
        operation_id = str(uuid.uuid4())
        self._documents.put(operation_id, {"id": operation_id, **document})
        return operation_id


def _state(document: Document) -> tuple[str, str | None]:
    ready_at, error = document["ready_at"], document["error"]
    if ready_at is None or time.time() < ready_at:
        return "InProgress", None
    return ("Failed", error) if error else ("Succeeded", None)

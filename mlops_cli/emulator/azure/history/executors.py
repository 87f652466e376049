"""Work behind runs: processes of their own, whose outcome is taken in whenever somebody asks for the run.

A run that is worked on has `_executor` in its document: the name of an entry of `EXECUTORS`. Nothing in the
server waits for the work; so it goes on, and is found again, whatever becomes of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from mlops_cli.emulator.azure.history.runs import FINAL, Runs
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App


class Executor(NamedTuple):
    """`settle` brings a run that is not final up to date; `cancel` ends its work."""

    settle: Callable[[App, Workspace, Document], None]
    cancel: Callable[[App, Workspace, Document], None]


EXECUTORS: dict[str, Executor] = {}


def settled(app: App, workspace: Workspace, document: Document) -> Document:
    """The run as it is by now."""
    executor = EXECUTORS.get(document.get("_executor", ""))
    if executor is None or document["status"] in FINAL:
        return document
    executor.settle(app, workspace, document)
    return Runs(workspace).get(document["runId"]) or document


def settle_all(app: App, workspace: Workspace, documents: Iterable[Document]) -> None:
    for document in documents:
        settled(app, workspace, document)


def after_event(app: App, workspace: Workspace, run_id: str) -> None:
    """Let a cancellation reach the work."""
    document = Runs(workspace).get(run_id)
    if document and document["status"] in ("CancelRequested", "Canceled") and "_executor" in document:
        cancel(app, workspace, document)


def cancel(app: App, workspace: Workspace, document: Document) -> None:
    executor = EXECUTORS.get(document.get("_executor", ""))
    if executor:
        executor.cancel(app, workspace, document)

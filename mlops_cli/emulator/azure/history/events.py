"""Events: how a running program tells what becomes of it."""

from __future__ import annotations

from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.state import Document

_PREFIX = "Microsoft.MachineLearning.Run."
_STATUS = {
    "Queued": "Queued",
    "Start": "Running",
    "Completed": "Completed",
    "Failed": "Failed",
    "Canceled": "Canceled",
    "CancelRequested": "CancelRequested",
}


def apply_event(runs: Runs, run_id: str, event: Document) -> None:
    """Carry out one event; names that change nothing here (Heartbeat) are accepted."""
    name = str(event.get("name", "")).removeprefix(_PREFIX)
    data = event.get("data") or {}
    if name in _STATUS:
        runs.set_status(run_id, _STATUS[name], at=data.get("StartTime") or data.get("EndTime"))
    elif name == "Error":
        error = data.get("ErrorResponse") or data.get("errorResponse")
        runs.change(run_id, lambda document: document.update(error=error))
    elif name == "Warning":
        warning = {"source": data.get("Source"), "message": data.get("Message")}
        runs.change(run_id, lambda document: document["warnings"].append(warning))

"""What the emulator remembers, without HTTP: JSON documents in SQLite, blobs in files beside it.

    state = State(directory)
    runs = state.collection("workspaces/<id>/runs")
    with state.transaction():
        if runs.get("run-1") is None:
            runs.put("run-1", {"status": "NotStarted"})
    state.blobs.put("account", "container", "a/b.csv", stream, {})

Every call returns after its write is safe from a kill of the process.
"""

from mlops_cli.emulator.state.documents import Collection, Document
from mlops_cli.emulator.state.store import State

__all__ = ["Collection", "Document", "State"]

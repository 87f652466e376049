"""How a pipeline run goes on: nodes that have ended are taken in, those that waited for them start."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from mlops_cli.emulator.azure.history import executors
from mlops_cli.emulator.azure.history.executors import EXECUTORS, Executor
from mlops_cli.emulator.azure.history.runs import FINAL, Runs
from mlops_cli.emulator.azure.pipeline import run_logs, steps
from mlops_cli.emulator.azure.pipeline.graph import Graph, Step
from mlops_cli.emulator.azure.pipeline.runs import PipelineRuns
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

_settling = threading.RLock()
_FAILED = "Pipeline has some failed steps. See child run or execution logs for more details."
_OVER = ("Finished", "Failed", "Canceled")


def settle(app: App, workspace: Workspace, document: Document) -> None:
    """Bring a pipeline run up to date."""
    with _settling:
        history = Runs(workspace).get(document["runId"])
        pipeline = PipelineRuns(workspace).get(document["runId"])
        if history is None or pipeline is None or history["status"] in FINAL:
            return
        graph = PipelineRuns(workspace).graph(pipeline)
        for step in graph.steps.values():
            if pipeline["_nodes"][step.id]["status"] == "Running":
                _take_in(app, workspace, pipeline, step)
        if _may_start(pipeline):
            _start_ready(app, workspace, pipeline, graph)
        if not any(state["status"] == "Running" for state in pipeline["_nodes"].values()):
            _end(workspace, pipeline)
            run_logs.write(app, workspace, pipeline, graph)


def _take_in(app: App, workspace: Workspace, pipeline: Document, step: Step) -> None:
    state = pipeline["_nodes"][step.id]
    if not steps.has_started(workspace, state):
        # The emulator was killed before it had the node's work begin.
        steps.start(app, workspace, pipeline, step)
        PipelineRuns(workspace).put(pipeline)
        return
    run = Runs(workspace).get(state["run"])
    assert run is not None, "a node that has started has a run"
    status = executors.settled(app, workspace, run)["status"]
    if status not in FINAL:
        return
    if status == "Completed":
        steps.finish(app, workspace, pipeline, step)
    else:
        state["status"] = status
    PipelineRuns(workspace).put(pipeline)


def _may_start(pipeline: Document) -> bool:
    failed = any(state["status"] in ("Failed", "Canceled") for state in pipeline["_nodes"].values())
    return not failed or bool(pipeline.get("_continue"))


def _start_ready(app: App, workspace: Workspace, pipeline: Document, graph: Graph) -> None:
    """Start every node whose predecessors have finished; a reused one makes others ready at once."""
    nodes = pipeline["_nodes"]
    while True:
        ready = [
            step
            for step in graph.steps.values()
            if nodes[step.id]["status"] == "NotStarted"
            and all(nodes[before]["status"] == "Finished" for before in step.waits_for())
        ]
        if not ready:
            return
        for step in ready:
            nodes[step.id] = steps.prepare(workspace, pipeline, step)
            PipelineRuns(workspace).put(pipeline)
            steps.start(app, workspace, pipeline, step)
            PipelineRuns(workspace).put(pipeline)


def _end(workspace: Workspace, pipeline: Document) -> None:
    states = [state["status"] for state in pipeline["_nodes"].values()]
    status = "Completed" if all(state == "Finished" for state in states) else "Failed"
    error = None
    if status == "Failed":
        error = {"error": {"code": "UserError", "message": _FAILED, "details": []}, "time": now()}
    Runs(workspace).set_status(pipeline["Id"], status, error=error)
    PipelineRuns(workspace).active.delete(pipeline["Id"])


def cancel(app: App, workspace: Workspace, document: Document) -> None:
    """End the running nodes; the others never start."""
    with _settling:
        pipeline = PipelineRuns(workspace).get(document["runId"])
        if pipeline is None or document["status"] in FINAL:
            return
        for state in pipeline["_nodes"].values():
            if state["status"] == "Running" and (run := Runs(workspace).get(state["run"])):
                executors.cancel(app, workspace, run)
            if state["status"] not in _OVER:
                state["status"] = "Canceled"
        PipelineRuns(workspace).put(pipeline)
        Runs(workspace).set_status(document["runId"], "Canceled")
        run_logs.write(app, workspace, pipeline, PipelineRuns(workspace).graph(pipeline))
        PipelineRuns(workspace).active.delete(document["runId"])


EXECUTORS["pipeline"] = Executor(settle, cancel)

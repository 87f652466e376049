"""The logs of a pipeline run itself: when each step began and how it ended. Azure keeps them with the run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.pipeline.graph import Graph
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

FOLDER = "logs/azureml"


def write(app: App, workspace: Workspace, pipeline: Document, graph: Graph) -> None:
    """Keep what there is to say of a pipeline run that is over."""
    told = sorted(_steps(workspace, pipeline, graph))
    own = Runs(workspace).get(pipeline["Id"]) or {}
    lines = [f"[{moment}] {text}" for moment, text in told]
    lines.append(f"[{own.get('endTimeUtc')}] Finishing the run: {own.get('status')}")
    failed = [line for line in lines if line.endswith("Failed")]
    texts = {"executionlogs": lines, "stdoutlogs": lines, "stderrlogs": failed}
    for name, found in texts.items():
        content = io.BytesIO("".join(f"{line}\n" for line in found).encode())
        path = f"{FOLDER}/{name}.txt"
        Artifacts(workspace, app.identity).write("ExperimentRun", f"dcid.{pipeline['Id']}", path, content)


def _steps(workspace: Workspace, pipeline: Document, graph: Graph) -> Iterator[tuple[str, str]]:
    """Moments and what has happened at them."""
    for node, state in pipeline["_nodes"].items():
        run = Runs(workspace).get(state.get("run") or "")
        if run is None:
            continue
        named = f"{graph.steps[node].name} {node}:{run['runId']}"
        verb = "Reusing" if state.get("reused") else "Submitting"
        yield str(run["startTimeUtc"] or run["createdUtc"]), f"{verb} {named}"
        if run["endTimeUtc"]:
            yield str(run["endTimeUtc"]), f"Completing {named}: {run['status']}"

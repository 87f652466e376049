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
_FAILED = "Execution of experiment failed, update experiment status and cancel running nodes."


def write(app: App, workspace: Workspace, pipeline: Document, graph: Graph) -> None:
    """Keep what there is to say of a pipeline run that is over: as Azure does, and with the names of its steps."""
    told = sorted(_steps(workspace, pipeline, graph))
    own = Runs(workspace).get(pipeline["Id"]) or {}
    lines = [f"[{moment}] {named}" for moment, _, named in told]
    lines.append(f"[{own.get('endTimeUtc')}] Finishing the run: {own.get('status')}")
    failed = [line for line in lines if line.endswith("Failed")]
    brief = [f"[{_stamp(moment)}] {text}" for moment, text, _ in told]
    if own.get("status") == "Failed":
        brief.append(f"[{_stamp(own['endTimeUtc'])}] {_FAILED}")
    texts = {"executionlogs": brief, "stdoutlogs": lines, "stderrlogs": failed}
    for name, found in texts.items():
        content = io.BytesIO("".join(f"{line}\n" for line in found).encode())
        path = f"{FOLDER}/{name}.txt"
        Artifacts(workspace, app.identity).write("ExperimentRun", f"dcid.{pipeline['Id']}", path, content)


def _steps(workspace: Workspace, pipeline: Document, graph: Graph) -> Iterator[tuple[str, str, str]]:
    """Moments and what has happened at them, without and with names."""
    for node, state in pipeline["_nodes"].items():
        run = Runs(workspace).get(state.get("run") or "")
        if run is None:
            continue
        place = f"{node}:{run['runId']}"
        named = f"{graph.steps[node].name} {place}"
        verb = "Reusing" if state.get("reused") else "Submitting"
        began = str(run["startTimeUtc"] or run["createdUtc"])
        yield began, f"Submitting 1 runs, first five are: {place}", f"{verb} {named}"
        if run["endTimeUtc"]:
            ended = f"Completing processing run id {run['runId']}."
            yield str(run["endTimeUtc"]), ended, f"Completing {named}: {run['status']}"


def _stamp(moment: str) -> str:
    return f"{moment[:19].replace('T', ' ')}Z"

"""What a step has done already is not done again: its run takes over all that an equal one has left."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.azure.history.runs import REUSED, Runs
from mlops_cli.emulator.azure.metric.metrics import Metrics
from mlops_cli.emulator.azure.pipeline.graph import Step
from mlops_cli.emulator.azure.pipeline.hyperdrive_step import CONFIGURATION
from mlops_cli.emulator.azure.pipeline.sources import identity
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

_TOLD = ("runDefinition", "inputDatasets", "outputDatasets")


def key_of(workspace: Workspace, pipeline: Document, step: Step) -> str | None:
    """Equal for nodes that would do the same; None for one that always runs."""
    if not step.module.get("IsDeterministic"):
        return None
    sources = [identity(workspace, source, pipeline["_nodes"]) for source in step.sources]
    settings = [step.setting(name) for name in step.outputs()]
    parameters = {k: v for k, v in step.parameters.items() if k != CONFIGURATION}
    what = [step.module["Id"], parameters, step.node.get("Runconfig"), sources, settings]
    return hashlib.sha256(msgspec.json.encode(what, order="sorted")).hexdigest()


def known(workspace: Workspace, step: Step, key: str | None) -> Document | None:
    """{run, node, pipeline, outputs} of what has been done; None where this run is to do it anew."""
    if key is None or step.node.get("RegenerateOutput"):
        return None
    return workspace.collection("pipeline-reuse").get(key)


def keep(workspace: Workspace, key: str, done: Document) -> None:
    workspace.collection("pipeline-reuse").put(key, done)


def take_over(app: App, workspace: Workspace, run_id: str, done: Document) -> Document:
    """The run shows outputs, files, metrics, tags and properties of the one that did it; the node's state."""
    runs = Runs(workspace)
    before = runs.get(done["run"]) or {}
    runs.change(run_id, lambda run: _inherit(run, before, done))
    Metrics(workspace, run_id).copy(done["run"])
    _copy_files(app, workspace, run_id, done["run"])
    runs.set_status(run_id, "Completed")
    return {"status": "Finished", "outputs": done["outputs"], "reused": done["run"]}


def _inherit(run: Document, before: Document, done: Document) -> None:
    """What the run says of itself wins."""
    told = {
        "azureml.isreused": "true",
        REUSED: done["run"],
        "azureml.reusednodeid": done["node"],
        "azureml.reusedpipeline": done["pipeline"],
        "azureml.reusedpipelinerunid": done["pipeline"],
    }
    theirs = {k: v for k, v in (before.get("properties") or {}).items() if k != "azureml.pipelineid"}
    run["properties"] = theirs | run["properties"] | told
    run["tags"] = (before.get("tags") or {}) | run["tags"]
    run.update({name: before[name] for name in _TOLD if name in before})


def _copy_files(app: App, workspace: Workspace, run_id: str, before: str) -> None:
    artifacts = Artifacts(workspace, app.identity)
    mine, theirs = ("ExperimentRun", f"dcid.{run_id}"), ("ExperimentRun", f"dcid.{before}")
    for path in artifacts.paths(*theirs):
        blob = artifacts.blob(*theirs, path)
        if blob and path == scripts.LOG:
            artifacts.link(*mine, path, blob.path)
        elif blob:
            with blob.path.open("rb") as content:
                artifacts.write(*mine, path, content)

"""A step that is a search over hyperparameters: a run of its own below that of the step, as in Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.azure.history import executors
from mlops_cli.emulator.azure.history.executors import EXECUTORS, Executor
from mlops_cli.emulator.azure.history.runs import FINAL, Runs
from mlops_cli.emulator.azure.hyperdrive import searches
from mlops_cli.emulator.azure.pipeline import script_step, step_outputs, training_outputs
from mlops_cli.emulator.azure.pipeline.graph import Step
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

CONFIGURATION = "HyperDriveRunConfig"
BEST = "best_child_run_id"


def search_of(run_id: str) -> str:
    """The run of the search below that of the step."""
    return f"HD_{run_id}"


def start(app: App, workspace: Workspace, pipeline: Document, step: Step, run_id: str) -> None:
    """Begin the search. Raises ApiError 400 for what cannot be searched and for inputs that there are not."""
    config = msgspec.json.decode(step.parameters[CONFIGURATION])
    folder = scripts.folder_of(app, run_id).path
    job = script_step.ScriptJob(workspace, step, run_id, folder, pipeline)
    definition = config["platform_config"]["Definition"]
    definition["Overrides"] = job.completed(definition["Overrides"])
    experiment = pipeline["RunHistoryExperimentName"]
    with workspace.state.transaction():
        searches.submit(app, workspace, experiment, search_of(run_id), config, run_id)
        Runs(workspace).change(run_id, lambda document: document.update(_executor="hyperdrive-step"))
    Runs(workspace).set_status(run_id, "Running")


def settle(app: App, workspace: Workspace, document: Document) -> None:
    """Take over how the search has ended."""
    search = Runs(workspace).get(search_of(document["runId"]))
    assert search is not None, "a step that has started has its search"
    search = executors.settled(app, workspace, search)
    if search["status"] in FINAL:
        Runs(workspace).set_status(document["runId"], search["status"], error=search["error"])


def cancel(app: App, workspace: Workspace, document: Document) -> None:
    search = Runs(workspace).get(search_of(document["runId"]))
    if search:
        executors.cancel(app, workspace, search)
    Runs(workspace).set_status(document["runId"], "Canceled")


EXECUTORS["hyperdrive-step"] = Executor(settle, cancel)


def outputs_of(step: Step, run_id: str) -> dict[str, Document]:
    """What training leaves, and what the script of every trial writes itself."""
    plain = step_outputs.outputs_of(step, run_id)
    trained = [name for name in plain if step.setting(name).get("TrainingOutput")]
    return plain | {name: training_outputs.place_of(step, run_id, name) for name in trained}


def finish(app: App, workspace: Workspace, run_id: str, outputs: dict[str, Document]) -> None:
    search = search_of(run_id)
    best = ((Runs(workspace).get(search) or {}).get("properties") or {}).get(BEST) or ""
    plain = {name: place for name, place in outputs.items() if "training" not in place}
    for name in outputs.keys() - plain.keys():
        training_outputs.write(app, workspace, search, best, outputs[name])
    script_step.finish(app, workspace, run_id, plain)

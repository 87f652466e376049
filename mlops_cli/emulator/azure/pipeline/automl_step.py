"""A step that is an AutoML run: what its node says becomes what AutoMLConfig would post."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.history.experiments import Experiments
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.jasmine import runs as automl
from mlops_cli.emulator.azure.pipeline import training_outputs
from mlops_cli.emulator.azure.pipeline.graph import Step
from mlops_cli.emulator.azure.pipeline.sources import table_of
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

BEST = "automl_best_child_run_id"
_TABLES = ("training_data", "validation_data", "test_data")


def start(app: App, workspace: Workspace, pipeline: Document, step: Step, run_id: str) -> None:
    """Start the AutoML run under the step's own id. Raises ApiError 400 for data that is no saved table."""
    posted = _posted(step) | _data(workspace, step, pipeline["_nodes"])
    experiment = Experiments(workspace).ensure(pipeline["RunHistoryExperimentName"])
    own = Runs(workspace).get(run_id) or {}
    with workspace.state.transaction():
        automl.create(app, workspace, experiment, posted, own.get("createdBy"), run_id=run_id)
        kept = {"runType": "azureml.StepRun", "properties": own["properties"], "tags": own["tags"]}
        Runs(workspace).patch(experiment, run_id, kept)
    automl.start(app, workspace, run_id, {"target": step.parameters.get("target")})


def outputs_of(step: Step, run_id: str) -> dict[str, Document]:
    return {name: training_outputs.place_of(step, run_id, name) for name in step.outputs()}


def _posted(step: Step) -> Document:
    """The body of AutoML's own service; its data are in a parameter beside it."""
    given = msgspec.json.decode(step.parameters["AutoMLConfig"])
    posted = {re.sub(r"_(\w)", lambda letter: letter[1].upper(), key): value for key, value in given.items()}
    data, target = step.parameters.get("data_prep_json_string"), step.parameters.get("target")
    return posted | {"dataPrepJsonString": data, "target": target}


def _data(workspace: Workspace, step: Step, nodes: Document) -> Document:
    """The tables that go into the step, by the names that AutoMLConfig has for them."""
    found = {source.port: table_of(workspace, source, nodes) for source in step.sources}
    tables = {port: {"datasetId": table} for port, table in found.items() if table and port in _TABLES}
    return {"dataPrepJsonString": msgspec.json.encode(tables).decode()} if "training_data" in tables else {}


def finish(app: App, workspace: Workspace, run_id: str, outputs: dict[str, Document]) -> None:
    """Write metrics of all child runs and the wanted models to where the outputs are."""
    best = (Runs(workspace).get(run_id) or {})["tags"].get(BEST)
    for place in outputs.values():
        training_outputs.write(app, workspace, run_id, best, place)

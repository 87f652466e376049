"""Child runs: made as trials end, complete with files when the whole run is."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.history.experiments import Experiments
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.jasmine import charts, documents, explanations
from mlops_cli.emulator.azure.jasmine.folder import AutoMLFolder
from mlops_cli.emulator.azure.metric.metrics import Metrics
from mlops_cli.emulator.azure.model.models import Assets
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

SETUP = (
    ("DatasetEvaluation", "Gathering dataset statistics."),
    ("FeaturesGeneration", "Generating features for the dataset."),
    ("ModelSelection", "Beginning model selection."),
)
END = (("BestRunExplainModel", "Best run model explanations completed"),)


def take_in(app: App, workspace: Workspace, run: Document, folder: AutoMLFolder) -> None:
    """Make the runs of the trials that have ended since the last time."""
    runs = Runs(workspace)
    if "ProblemInfoJsonString" not in run["properties"] and (setup := folder.read("setup")):
        content = msgspec.json.encode(documents.verifier_results(setup["guardrails"]))
        owner = ("ExperimentRun", run["dataContainerId"])
        Artifacts(workspace, app.identity).write(*owner, "outputs/verifier_results.json", io.BytesIO(content))
        _tell(workspace, run["runId"], SETUP)
        runs.change(run["runId"], documents.problem_info)
    for told in folder.trials(run.get("_children", 0)):
        with app.state.transaction():
            _make(workspace, run, told)
            runs.change(
                run["runId"], lambda document: document.update(_children=document.get("_children", 0) + 1)
            )


def _make(workspace: Workspace, run: Document, told: Document) -> None:
    trial, ended = told["trial"], told["ended"]
    metric = run["properties"]["primary_metric"]
    runs, run_id = Runs(workspace), f"{run['runId']}_{trial['iteration']}"
    experiment = Experiments(workspace).ensure(run["_experiment"])
    runs.patch(experiment, run_id, documents.child(run, trial, ended, metric), run.get("createdBy"))
    for name, value in trial["metrics"].items():
        Metrics(workspace, run_id).log(name, value, ended)
    error = documents.error(trial["error"]) if trial.get("error") else None
    runs.set_status(run_id, trial["status"], at=ended, error=error)


def finish(app: App, workspace: Workspace, run: Document, folder: AutoMLFolder, result: Document) -> None:
    """Give every child its files, and the parent the metrics of the best child."""
    for place in sorted((folder.path / "children").glob("[0-9]*")):
        child = f"{run['runId']}_{place.name}"
        keep_files(app, workspace, child, place)
        for name in charts.NAMES:
            if (place / name).exists():
                Metrics(workspace, child).refer(name, f"dcid.{child}", result["ended"])
    best = folder.read(f"trials/{result['best']}")
    assert best is not None, "the best trial has been told of"
    for name, value in best["trial"]["metrics"].items():
        Metrics(workspace, run["runId"]).log(name, value, result["ended"])
    if result.get("explanations"):
        _explain(workspace, run, result)
        _tell(workspace, run["runId"], END)


def _explain(workspace: Workspace, run: Document, result: Document) -> None:
    """The run that Azure makes for the explanations of the best child, and their assets."""
    experiment = Experiments(workspace).ensure(run["_experiment"])
    explained, best = f"{run['runId']}_ModelExplain", f"{run['runId']}_{result['best']}"
    Runs(workspace).patch(experiment, explained, documents.explanation(run, result), run.get("createdBy"))
    Runs(workspace).set_status(explained, "Completed", at=result["ended"])
    with workspace.state.transaction():
        if not Assets(workspace).find(run_id=best, kind=explanations.ASSET_TYPE):
            for asset in result["explanations"]:
                Assets(workspace).create(asset)
    Runs(workspace).change(best, lambda document: document["tags"].update(model_explanation="True"))


def keep_files(app: App, workspace: Workspace, run_id: str, place: Path) -> None:
    """Give a run all files below `place`."""
    artifacts = Artifacts(workspace, app.identity)
    for file in sorted(path for path in place.rglob("*") if path.is_file()):
        _keep(artifacts, f"dcid.{run_id}", file.relative_to(place).as_posix(), file)


def _keep(artifacts: Artifacts, container: str, path: str, file: Path) -> None:
    if artifacts.blob("ExperimentRun", container, path) is None:
        with file.open("rb") as content:
            artifacts.write("ExperimentRun", container, path, content)


def _tell(workspace: Workspace, run_id: str, steps: tuple[tuple[str, str], ...]) -> None:
    """Log what the SDK prints as `Current status`."""
    for status, description in steps:
        for name, value in (("experiment_status", status), ("experiment_status_description", description)):
            entry = {"metricId": str(uuid.uuid4()), "createdUtc": now(), "step": 0, "data": {name: value}}
            Metrics(workspace, run_id).add(
                {"name": name, "columns": {name: "string"}, "value": [entry],
                 "properties": {"uxMetricType": "azureml.v1.list"}}
            )  # fmt: skip

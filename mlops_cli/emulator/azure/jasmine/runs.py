"""AutoML runs: a parent that trains in a process of its own, and a child for every trial that has ended."""

from __future__ import annotations

import os
import sys
import threading
import uuid
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.domain.training import TrainSettings
from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.execution.job import PRINCIPAL
from mlops_cli.emulator.azure.history.executors import EXECUTORS, Executor
from mlops_cli.emulator.azure.history.runs import FINAL, Runs
from mlops_cli.emulator.azure.jasmine import children, documents, model_tests
from mlops_cli.emulator.azure.jasmine.folder import AutoMLFolder
from mlops_cli.emulator.azure.jasmine.settings import train_settings
from mlops_cli.emulator.azure.jasmine.tables import local_definition
from mlops_cli.emulator.env import client_environment
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

LOG = "user_logs/std_log.txt"
_settling = threading.RLock()


def check(app: App, posted: Document, *, with_data: bool = True) -> None:
    """Raise ApiError 400 for a request that cannot become a run."""
    _settings(app, posted)
    if with_data:
        documents.dataset_id(posted)


def create(
    app: App,
    workspace: Workspace,
    experiment: Document,
    posted: Document,
    user: Document | None,
    *,
    run_id: str | None = None,
) -> str:
    """A run as AutoMLConfig posts it, not yet started; its id, which a step of a pipeline has already."""
    run_id = run_id or f"AutoML_{uuid.uuid4()}"
    runs = Runs(workspace)
    runs.patch(experiment, run_id, documents.parent(posted), user)
    settings, folder = _settings(app, posted), folder_of(app, run_id)
    trained, tested = documents.dataset_id(posted), documents.test_data(posted)
    if share := documents.settings_of(posted).get("test_size"):
        trained, tested = model_tests.split(workspace, trained, share)
    definition = local_definition(app, workspace, trained, folder.data)
    job = {"run_id": run_id, "settings": msgspec.to_builtins(settings), "table": definition}
    job["onnx"] = bool(documents.settings_of(posted).get("enable_onnx_compatible_models"))
    job["featurize_only"] = documents.settings_of(posted).get("iterations") == 0
    if judging := settings.validation_data:
        job["validation"] = local_definition(app, workspace, judging, folder.data / "validation")
    folder.create(job | {"tested": tested})
    artifacts = Artifacts(workspace, app.identity)
    artifacts.link("ExperimentRun", f"dcid.{run_id}", LOG, folder.log)
    return run_id


def _settings(app: App, posted: Document) -> TrainSettings:
    judging = documents.validation_data(posted)
    return train_settings(documents.settings_of(posted), app.identity.automl_budget(), judging)


def start(app: App, workspace: Workspace, run_id: str, configuration: Document) -> None:
    """Let the run's work begin. Asked again for a run that has begun, nothing happens."""

    def mark(document: Document) -> None:
        document["_executor"] = "automl"
        document["runDefinition"] = document.get("runDefinition") or documents.definition(configuration)
        document["target"] = configuration.get("target") or document["target"]

    with _settling:
        Runs(workspace).change(run_id, mark)
        Runs(workspace).set_status(run_id, "Running")
        _ensure_worker(app, workspace, folder_of(app, run_id), run_id)


def go_on(
    app: App,
    workspace: Workspace,
    run: Document,
    iterations: float = 0,
    time: float = 0,
    exitscore: float | None = None,
) -> None:
    """Take up the search of a run that is over: until there are so many children, or for so many seconds more."""
    folder, run_id = folder_of(app, run["runId"]), run["runId"]
    job = folder.read("job")
    if run["status"] not in FINAL or job is None:
        raise bad_request(f"Run {run_id} is not over yet.")
    budget = app.identity.automl_budget()
    job["settings"]["experiment_timeout_minutes"] += min(time or budget, budget) / 60
    job["settings"]["max_trials"] = max(0, int(iterations) - folder.ensembles()) or None
    job["settings"]["experiment_exit_score"] = exitscore
    with _settling:
        folder.reopen(job)
        Runs(workspace).change(run_id, documents.reopen)
        _ensure_worker(app, workspace, folder, run_id)


def folder_of(app: App, run_id: str) -> AutoMLFolder:
    return AutoMLFolder(app.instance.state / "automl" / run_id)


def settle(app: App, workspace: Workspace, document: Document) -> None:
    """Take in what the worker has done since; start it again where it was killed."""
    run_id = document["runId"]
    with _settling:
        run = Runs(workspace).get(run_id)
        if run is None or run["status"] in FINAL:
            return
        folder = folder_of(app, run_id)
        result = folder.read("result")
        children.take_in(app, workspace, run, folder)
        if result:
            _end(app, workspace, run, folder, result)
        else:
            _ensure_worker(app, workspace, folder, run_id)


def cancel(app: App, workspace: Workspace, document: Document) -> None:
    """Ask the worker to stop; it ends the trial at hand first."""
    folder = folder_of(app, document["runId"])
    if document["status"] not in FINAL:
        folder.wish.touch()
        Runs(workspace).set_status(document["runId"], "CancelRequested")


EXECUTORS["automl"] = Executor(settle, cancel)


def _ensure_worker(app: App, workspace: Workspace, folder: AutoMLFolder, run_id: str) -> None:
    if folder.is_worked_on():
        return
    command = [sys.executable, "-m", "mlops_cli.emulator.azure.jasmine.worker", str(folder.path)]
    client = client_environment(app.instance, app.identity, os.environ)
    if not folder.start(command, {k: v for k, v in client.items() if not k.startswith(PRINCIPAL)}):
        error = documents.error("The process that trains has ended again and again without a word.")
        Runs(workspace).set_status(run_id, "Failed", error=error)


def _end(app: App, workspace: Workspace, run: Document, folder: AutoMLFolder, result: Document) -> None:
    """The parent's end: files and metrics of the best child first, the status last."""
    runs, run_id = Runs(workspace), run["runId"]
    children.keep_files(app, workspace, run_id, folder.own)
    if result.get("best") is not None:
        children.finish(app, workspace, run, folder, result)
    if result["status"] == "Completed" and (tested := (folder.read("job") or {}).get("tested")):
        model_tests.start(app, workspace, f"{run_id}_{result['best']}", tested, run["target"])
    error = documents.error(result["error"], result["details"]) if result["status"] == "Failed" else None
    runs.change(run_id, lambda document: documents.end_parent(document, result))
    runs.set_status(run_id, result["status"], at=result["ended"], error=error)

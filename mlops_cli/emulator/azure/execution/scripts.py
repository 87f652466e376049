"""Submitted scripts: really run, in processes that outlive the server."""

from __future__ import annotations

import shlex
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.content.snapshots import Snapshots
from mlops_cli.emulator.azure.environment.environments import Environments
from mlops_cli.emulator.azure.execution.definitions import as_told
from mlops_cli.emulator.azure.execution.folder import RunFolder
from mlops_cli.emulator.azure.execution.job import job_of
from mlops_cli.emulator.azure.execution.plan import Plan
from mlops_cli.emulator.azure.history.executors import EXECUTORS, Executor
from mlops_cli.emulator.azure.history.experiments import Experiments
from mlops_cli.emulator.azure.history.runs import FINAL, Runs
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.users import principal
from mlops_cli.emulator.workspace import Workspace
from mlops_cli.engine.processes import start_detached

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

RUNNER = Path(__file__).parent / "runner.py"
LOG = "user_logs/std_log.txt"
_settling = threading.Lock()


def submit(
    app: App,
    workspace: Workspace,
    experiment: str,
    run_id: str,
    posted: Document,
    files: Mapping[str, Path] | None = None,
) -> None:
    """Start the script of a run configuration on this machine, with its snapshot and with `files`, by name."""
    folder = _prepare(app, workspace, experiment, run_id, posted, local=False)
    snapshot = posted.get("SnapshotId") or posted.get("snapshotId")
    if snapshot:
        Snapshots(workspace, app.identity).write(snapshot, folder.code)
    for name, file in (files or {}).items():
        (folder.code / name).write_bytes(file.read_bytes())
    command = [sys.executable, str(RUNNER), str(folder.path)]
    start_detached(command, log=folder.path / "runner.log", env={})
    Runs(workspace).set_status(run_id, "Running")


def prepare_local(app: App, workspace: Workspace, experiment: str, run_id: str, posted: Document) -> str:
    """Make everything ready for a run on the client's own machine; the shell command that starts it there."""
    folder = _prepare(app, workspace, experiment, run_id, posted, local=True)
    return shlex.join([sys.executable, str(RUNNER), str(folder.path)])


def _prepare(
    app: App, workspace: Workspace, experiment: str, run_id: str, posted: Document, *, local: bool
) -> RunFolder:
    configuration = posted.get("Configuration") or posted.get("configuration") or {}
    if configuration.get("environment"):
        used = Environments(workspace).used(configuration["environment"])
        configuration = configuration | {"environment": used}
    told = as_told(configuration | (posted.get("Told") or {}))  # by names where a step has paths
    run = _make_run(app, workspace, experiment, run_id, told, posted.get("ParentRunId"))
    folder = folder_of(app, run_id)
    plan = Plan(configuration, run_id, folder.path)
    job = job_of(app, workspace, run, folder, configuration, plan.environment, local=local)
    folder.create(job, plan.document)
    Artifacts(workspace, app.identity).link("ExperimentRun", run["dataContainerId"], LOG, folder.log)
    return folder


def folder_of(app: App, run_id: str) -> RunFolder:
    return RunFolder(app.instance.state / "runs" / run_id)


def settle(app: App, workspace: Workspace, document: Document) -> None:
    """Take in the end of a run: its files, then its status."""
    folder, run_id = folder_of(app, document["runId"]), document["runId"]
    with _settling:
        run = Runs(workspace).get(run_id)
        if run is None or run["status"] in FINAL:
            return
        result = folder.result()
        if result:
            harvest(app, workspace, document, Path(result["cwd"]))
            status, error = _outcome(folder, result["exit_code"])
            Runs(workspace).set_status(run_id, status, at=result["ended"], error=error)
        elif not folder.is_worked_on():
            Runs(workspace).set_status(run_id, "Failed", error=_document("The process of the run is gone."))
        elif run["status"] == "Preparing" and folder.has_begun():
            Runs(workspace).set_status(run_id, "Running")


def cancel(app: App, workspace: Workspace, document: Document) -> None:
    """End the run's processes and keep what it has written so far."""
    folder = folder_of(app, document["runId"])
    folder.kill()
    with _settling:
        harvest(app, workspace, document, folder.code)
    Runs(workspace).set_status(document["runId"], "Canceled")


EXECUTORS["script"] = Executor(settle, cancel)


def harvest(app: App, workspace: Workspace, document: Document, folder: Path) -> None:
    """Keep what the run has left in `outputs` and `logs`, as Azure does."""
    artifacts, owner = Artifacts(workspace, app.identity), ("ExperimentRun", document["dataContainerId"])
    for kind in ("outputs", "logs"):
        for file in sorted((folder / kind).rglob("*")):
            path = file.relative_to(folder).as_posix()
            if file.is_file() and artifacts.blob(*owner, path) is None:
                with file.open("rb") as content:
                    artifacts.write(*owner, path, content)


def _make_run(
    app: App, workspace: Workspace, experiment: str, run_id: str, configuration: Document, parent: str | None
) -> Document:
    target = configuration.get("target") or "local"
    posted = {
        "parentRunId": parent,
        "status": "Preparing",
        "runType": "azureml.scriptrun",
        "target": target,
        "scriptName": configuration.get("script"),
        "runDefinition": configuration,
        "properties": {"_azureml.ComputeTargetType": "local" if target == "local" else "amlctrain"},
        "inputDatasets": _consumed(configuration),
    }
    runs = Runs(workspace)
    runs.patch(Experiments(workspace).ensure(experiment), run_id, posted, principal(app.identity))
    made = runs.change(run_id, lambda document: document.update(_executor="script"))
    assert made is not None, "the run was just made"
    return made


def _consumed(configuration: Document) -> list[Document]:
    """The datasets that go into the run, as its details tell them."""
    found = []
    for name, data in (configuration.get("data") or {}).items():
        dataset = (data.get("dataLocation") or {}).get("dataset") or {}
        how = {"mechanism": data["mechanism"].capitalize(), "pathOnCompute": data.get("pathOnCompute")}
        if dataset.get("id"):
            told = {"consumptionType": "RunInput", "inputDetails": {"inputName": name, **how}}
            found.append({"identifier": {"savedId": dataset["id"]}, **told})
    return found


def _outcome(folder: RunFolder, code: int | None) -> tuple[str, Document | None]:
    """Status and error; Azure cancels what takes longer than max_run_duration_seconds."""
    if code is None:
        return "Canceled", _document("The run took longer than max_run_duration_seconds.")
    return ("Failed", _error(folder, code)) if code else ("Completed", None)


def _error(folder: RunFolder, code: int) -> Document:
    summary = folder.error()
    if summary:
        return _document(f"User program failed with {summary['type']}: {summary['message']}")
    return _document(f"The command ended with exit code {code}.")


def _document(message: str) -> Document:
    error = {"code": "UserError", "message": message, "messageParameters": {}, "details": []}
    return {"error": error, "time": now()}

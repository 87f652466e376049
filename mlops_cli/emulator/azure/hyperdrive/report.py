"""What a search tells of itself: the tags and properties of its run, its log, and the best trial so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.execution.scripts import folder_of
from mlops_cli.emulator.azure.history.experiments import Experiments
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.metric.metrics import Metrics
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.users import principal
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

ALL_STARTED = "all trials have been started"
TIME_IS_UP = "the longest time of the search is over"
FIRST_FAILED = "the first trials have failed"
LOG = "azureml-logs/hyperdrive.txt"
TABLE = "best_child_by_primary_metric"
_TAGS = ("generator_config", "policy_config", "primary_metric_config", "platform_config",
         "max_total_jobs", "max_concurrent_jobs", "max_duration_minutes")  # fmt: skip


def begin(app: App, workspace: Workspace, search: Document, parent: str | None) -> None:
    """Make the run of the search."""
    config, run_id = search["config"], search["runId"]
    tags = {f"_aml_system_{name}": _text(config.get(name)) for name in _TAGS}
    properties = {
        "primary_metric_config": _text(config["primary_metric_config"]),
        "resume_from": _text(config.get("resume_from")),
        "resume_child_runs": _text(config.get("resume_child_runs")),
        "runTemplate": "HyperDrive",
        "azureml.runsource": "hyperdrive",
        "platform": config.get("platform") or "AML",
        "ContentSnapshotId": config["platform_config"]["Definition"].get("SnapshotId") or "",
    }
    posted = {
        "runType": "hyperdrive", "status": "Running", "parentRunId": parent, "tags": tags,
        "properties": properties, "startTimeUtc": now(),
        "target": config["platform_config"]["Definition"]["Overrides"].get("target"),
    }  # fmt: skip
    run = Runs(workspace).patch(
        Experiments(workspace).ensure(search["experiment"]), run_id, posted, principal(app.identity)
    )
    file = folder_of(app, run_id).path / "hyperdrive.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    Artifacts(workspace, app.identity).link("ExperimentRun", run["dataContainerId"], LOG, file)
    log(app, search, "API", "Experiment created")


def announce(app: App, workspace: Workspace, search: Document, trial: str, given: dict[str, Any]) -> None:
    """Tell of a trial before it begins."""
    tags = {f"_aml_system_{trial}": _text(given)}
    Runs(workspace).change(search["runId"], lambda document: document["tags"].update(tags))
    log(app, search, "SCHEDULER", f"Scheduling job, id='{trial}': {_text(given)}")


def best(workspace: Workspace, search: Document, histories: dict[str, list[float]], *, final: bool) -> None:
    """Log the best trial on the run of the search, where it is another or the last word."""
    reached = {run_id: max(history) for run_id, history in histories.items() if history}
    if not reached:
        return
    run_id = max(reached, key=lambda trial: reached[trial])
    metric = search["config"]["primary_metric_config"]
    value = -reached[run_id] if metric["goal"].lower() == "minimize" else reached[run_id]
    row = {"metric_name": metric["name"], "timestamp": now(), "run_id": run_id, "metric_value": value,
           "final": final}  # fmt: skip
    if search.get("best") != [run_id, value, final]:
        search["best"] = [run_id, value, final]
        _log_row(workspace, search["runId"], row)
        properties = {"best_child_run_id": run_id, "score": str(value), "best_metric_status": "Succeeded"}
        Runs(workspace).change(search["runId"], lambda document: document["properties"].update(properties))
        workspace.collection("hyperdrive").put(search["runId"], search)


def _log_row(workspace: Workspace, run_id: str, row: Document) -> None:
    kinds = {float: "double", bool: "bool", str: "string"}
    columns = {name: kinds.get(type(value), "double") for name, value in row.items()}
    logged = {"metricId": f"{TABLE}/{now()}", "createdUtc": now(), "step": 0, "data": row}
    properties = {"uxMetricType": "azureml.v1.table"}
    Metrics(workspace, run_id).add(
        {"name": TABLE, "columns": columns, "value": [logged], "properties": properties}
    )


def end(app: App, workspace: Workspace, search: Document, *, failed: bool) -> None:
    log(app, search, "CONTROLLER", f"Experiment was '{'Failed' if failed else 'Completed'}'.")
    message = f"The search has failed: {search['ended']}; see the logs of its trials."
    error = {"error": {"code": "UserError", "message": message, "details": []}, "time": now()}
    status = "Failed" if failed else "Completed"
    Runs(workspace).set_status(search["runId"], status, error=error if failed else None)


def log(app: App, search: Document, part: str, text: str) -> None:
    with (folder_of(app, search["runId"]).path / "hyperdrive.txt").open("a") as file:
        file.write(f"[{now()}][{part}][INFO]{text}\n")


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()

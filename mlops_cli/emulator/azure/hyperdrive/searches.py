"""Searches over hyperparameters. Their trials are submitted scripts; they go on whenever they are asked for."""

from __future__ import annotations

import datetime
import threading
from typing import TYPE_CHECKING, Any

from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.azure.history import executors
from mlops_cli.emulator.azure.history.executors import EXECUTORS, Executor
from mlops_cli.emulator.azure.history.experiments import Experiments
from mlops_cli.emulator.azure.history.runs import FINAL, Runs
from mlops_cli.emulator.azure.hyperdrive import report
from mlops_cli.emulator.azure.hyperdrive.policy import hopeless
from mlops_cli.emulator.azure.hyperdrive.sampling import check, next_point, values
from mlops_cli.emulator.azure.metric.metrics import Metrics
from mlops_cli.emulator.azure.pipeline.runs import PipelineRuns
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import ApiError, bad_request
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.users import principal
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

FAILED_FIRST = 3
_settling = threading.RLock()


def kept(workspace: Workspace) -> Collection:
    """{runId, experiment, config as posted, trials: [{runId, point}], ended: why no more trials come}."""
    return workspace.collection("hyperdrive")


def submit(
    app: App, workspace: Workspace, experiment: str, run_id: str, config: Document, parent: str | None
) -> Document:
    """Begin a search. Raises ApiError 400 for what cannot be searched."""
    definition = (config.get("platform_config") or {}).get("Definition") or {}
    if not definition.get("Overrides"):
        raise bad_request("Only the runs of a script can be searched over here, not those of a pipeline.")
    generator = config["generator_config"]
    check(generator["name"], generator["parameter_space"])
    search: Document = {
        "runId": run_id, "experiment": experiment, "config": config, "trials": [], "ended": None, "began": now(),
    }  # fmt: skip
    report.begin(app, workspace, search, parent)
    kept(workspace).put(run_id, search)
    Runs(workspace).change(run_id, lambda document: document.update(_executor="hyperdrive"))
    PipelineRuns(workspace).active.put(run_id, {"id": run_id})
    return search


def settle(app: App, workspace: Workspace, document: Document) -> None:
    """Take in trials that have ended, end those without hope, start the next ones."""
    with _settling:
        search, run = kept(workspace).get(document["runId"]), Runs(workspace).get(document["runId"])
        if search is None or run is None or run["status"] in FINAL:
            return
        trials = _trials(app, workspace, search)
        histories = {trial["runId"]: _history(workspace, search, trial["runId"]) for trial in trials}
        _stop_hopeless(app, workspace, search, trials, histories)
        search["ended"] = search["ended"] or _reason_to_end(search, trials)
        running = [trial for trial in trials if trial["status"] not in FINAL]
        if search["ended"] == report.TIME_IS_UP:
            _cancel_trials(app, workspace, running)
        while search["ended"] is None and len(running) < (search["config"].get("max_concurrent_jobs") or 1):
            running += _start(app, workspace, search, histories)
        kept(workspace).put(search["runId"], search)
        report.best(workspace, search, histories, final=bool(search["ended"] and not running))
        if search["ended"] and not running:
            _end(app, workspace, search, trials)


def _trials(app: App, workspace: Workspace, search: Document) -> list[Document]:
    found = [Runs(workspace).get(trial["runId"]) for trial in search["trials"]]
    return [executors.settled(app, workspace, run) for run in found if run]


def _history(workspace: Workspace, search: Document, run_id: str) -> list[float]:
    """What the trial has logged of the primary metric, so that more is better."""
    metric = search["config"]["primary_metric_config"]
    sign = -1.0 if metric["goal"].lower() == "minimize" else 1.0
    logged = Metrics(workspace, run_id).full(metric["name"]) or {"value": []}
    found = [value["data"].get(metric["name"]) for value in logged["value"]]
    return [sign * value for value in found if isinstance(value, int | float)]


def _stop_hopeless(
    app: App,
    workspace: Workspace,
    search: Document,
    trials: list[Document],
    histories: dict[str, list[float]],
) -> None:
    doomed = hopeless(search["config"].get("policy_config") or {}, histories)
    _cancel_trials(app, workspace, [t for t in trials if t["runId"] in doomed and t["status"] not in FINAL])


def _cancel_trials(app: App, workspace: Workspace, trials: list[Document]) -> None:
    for trial in trials:
        executors.cancel(app, workspace, trial)


def _reason_to_end(search: Document, trials: list[Document]) -> str | None:
    config = search["config"]
    if len(search["trials"]) >= (config.get("max_total_jobs") or 1):
        return report.ALL_STARTED
    states = [trial["status"] for trial in trials if trial["status"] in FINAL]
    if len(states) >= FAILED_FIRST and set(states) == {"Failed"}:
        return report.FIRST_FAILED
    began = datetime.datetime.fromisoformat(search["began"])
    lasted = datetime.datetime.now(datetime.UTC) - began
    minutes = config.get("max_duration_minutes")
    return report.TIME_IS_UP if minutes and lasted.total_seconds() > minutes * 60 else None


def _start(
    app: App, workspace: Workspace, search: Document, histories: dict[str, list[float]]
) -> list[Document]:
    """Start one more trial; none where the space is exhausted, which ends the search."""
    generator, trials = search["config"]["generator_config"], search["trials"]
    tried = [(trial["point"], max(histories.get(trial["runId"]) or [], default=None)) for trial in trials]
    point = next_point(generator["name"], generator["parameter_space"], search["runId"], tried)
    if point is None:
        search["ended"] = report.ALL_STARTED
        return []
    run_id = f"{search['runId']}_{len(trials)}"
    parameters = values(generator["parameter_space"], point)
    report.announce(app, workspace, search, run_id, parameters)
    trials.append({"runId": run_id, "point": point})
    kept(workspace).put(search["runId"], search)
    _submit(app, workspace, search, run_id, parameters)
    if len(trials) >= (search["config"].get("max_total_jobs") or 1):
        search["ended"] = report.ALL_STARTED
    started = Runs(workspace).get(run_id)
    return [started] if started else []


def _submit(app: App, workspace: Workspace, search: Document, run_id: str, given: dict[str, Any]) -> None:
    definition = search["config"]["platform_config"]["Definition"]
    options = [text for name, value in given.items() for text in (f"--{name.lstrip('-')}", str(value))]
    configuration = definition["Overrides"]
    if configuration.get("command"):
        configuration = configuration | {"command": " ".join([configuration["command"], *options])}
    else:
        configuration = configuration | {"arguments": [*(configuration.get("arguments") or []), *options]}
    posted = {
        "Configuration": configuration,
        "SnapshotId": definition.get("SnapshotId"),
        "ParentRunId": search["runId"],
    }
    try:
        scripts.submit(app, workspace, search["experiment"], run_id, posted)
    except ApiError as error:
        posted = {"status": "Failed", "parentRunId": search["runId"], "target": configuration.get("target")}
        Runs(workspace).patch(
            Experiments(workspace).ensure(search["experiment"]), run_id, posted, principal(app.identity)
        )
        report.log(app, search, "EXECUTION", f"{run_id} was refused: {error.message}")


def _end(app: App, workspace: Workspace, search: Document, trials: list[Document]) -> None:
    failed = bool(trials) and all(trial["status"] == "Failed" for trial in trials)
    report.end(app, workspace, search, failed=failed or search["ended"] == report.FIRST_FAILED)
    PipelineRuns(workspace).active.delete(search["runId"])


def cancel(app: App, workspace: Workspace, document: Document) -> None:
    """End the trials that run; no more are started."""
    with _settling:
        search = kept(workspace).get(document["runId"])
        if search is None or document["status"] in FINAL:
            return
        _cancel_trials(
            app, workspace, [t for t in _trials(app, workspace, search) if t["status"] not in FINAL]
        )
        Runs(workspace).set_status(document["runId"], "Canceled")
        PipelineRuns(workspace).active.delete(document["runId"])


EXECUTORS["hyperdrive"] = Executor(settle, cancel)

"""Runs of Azure's run history as our runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli.backends.azureml.tags import own
from mlops_cli.domain.runs import Run
from mlops_cli.engine.endpoints.signals import signal_name
from mlops_cli.status import ExitCode, RunStatus

if TYPE_CHECKING:
    from azureml.core import Run as AzureRun

STATES = {
    "NotStarted": RunStatus.NOT_STARTED,
    "CancelRequested": RunStatus.CANCEL_REQUESTED,
    "Completed": RunStatus.COMPLETED,
    "Failed": RunStatus.FAILED,
    "Canceled": RunStatus.CANCELED,
    "NotResponding": RunStatus.NOT_RESPONDING,
}
"""Everything else (Queued, Preparing, Provisioning, Finalizing, ...) is on its way: Running."""
USER_ERROR = "UserError"
"""Azure's code for what the data or the settings got wrong."""
OF_THE_SCRIPT = "User program failed with "
"""How Azure begins what a script has raised."""
EXIT = re.compile(r"SystemExit: (?P<code>\d+)|The command ended with exit code (?P<of_process>-?\d+)\.")
BEST_CHILD = "automl_best_child_run_id"


def parent(run: AzureRun) -> Run:
    """An AutoML run. What it was asked for is known of runs that this program started."""
    details = run.get_details()
    properties, ours = details.get("properties") or {}, own(run.tags)
    asked = own(properties).get("request")
    found = _run(run, details, "automl")
    found.key = ours.get("key")
    found.properties = {
        "request": msgspec.json.decode(asked) if asked else _guessed(properties),
        "primary_metric": properties.get("primary_metric", ""),
        "best_child": run.tags.get(BEST_CHILD),
    }
    if _code(details.get("error")) == USER_ERROR:
        found.properties["error_exit_code"] = int(ExitCode.USAGE)
    if model := ours.get("model"):
        name, _, version = model.rpartition(":")
        found.properties["model"] = {"name": name, "version": int(version)}
    return found


def child(run: AzureRun, metrics: dict[str, float]) -> Run:
    """One trial of an AutoML run, with the algorithm as Azure's studio shows it."""
    details = run.get_details()
    properties = details.get("properties") or {}
    found = _run(run, details, "trial")
    found.parent_id = run.id.rpartition("_")[0]
    found.iteration = int(properties.get("iteration", run.id.rpartition("_")[2]))
    found.algorithm = algorithm(properties)
    found.metrics = metrics
    return found


def algorithm(properties: Mapping[str, str]) -> str:
    """The preparation and the algorithm of a trial."""
    steps = (properties.get("run_preprocessor"), properties.get("run_algorithm"))
    return ", ".join(step for step in steps if step)


def pipeline(run: AzureRun, details: dict[str, Any]) -> Run:
    """A pipeline run or one of its steps, as far as all runs are alike."""
    return _run(run, details, "pipeline")


def is_trial(run: AzureRun) -> bool:
    return run.properties.get("runTemplate") == "automl_child" and not run.id.endswith("_setup")


def state(status: str | None) -> RunStatus:
    return STATES.get(status or "", RunStatus.RUNNING)


def _run(run: AzureRun, details: dict[str, Any], kind: str) -> Run:
    start, end = _moment(details.get("startTimeUtc")), _moment(details.get("endTimeUtc"))
    return Run(
        run_id=run.id,
        experiment=run.experiment.name,
        kind=kind,
        status=state(details.get("status")),
        created_at=start or "",
        started_at=start,
        ended_at=end,
        duration_seconds=_seconds(start, end),
        error=_error(details.get("error")),
        tags={key: value for key, value in run.tags.items() if not key.startswith(("mlops_", "_aml_"))},
    )


def _guessed(properties: dict[str, Any]) -> dict[str, Any]:
    """What somebody else's run was asked for, as far as Azure tells."""
    settings = msgspec.json.decode(properties.get("AMLSettingsJsonString") or b"{}")
    return {"dataset": "", "version": 0, "settings": settings}


def _error(told: Any) -> str | None:
    if not told:
        return None
    code = _code(told)
    message = _message(str((told.get("error") or told).get("message"))).removesuffix(": ")
    return f"{code}: {message}" if code and code not in (USER_ERROR, "ServiceError") else message


def _message(text: str) -> str:
    """What the script said of its failure, without what Azure puts before it."""
    own = text.removeprefix(OF_THE_SCRIPT)
    if left := EXIT.fullmatch(own):
        code = int(left["code"] or left["of_process"])
        ended = f"its process was ended by {signal_name(-code)}"
        return ended if code < 0 else f"the script ended with exit code {code}"
    return own.removeprefix("SystemExit: ")


def _code(told: Any) -> str | None:
    return (told.get("error") or told).get("code") if told else None


def _moment(text: str | None) -> str | None:
    """Azure's time as ours: milliseconds, Z."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(start: str | None, end: str | None) -> float | None:
    if not (start and end):
        return None
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds(), 3)

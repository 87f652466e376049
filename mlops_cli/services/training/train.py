"""What `train` means on any backend: find the data, start or take up the run, follow it to its end."""

import time
from collections.abc import Callable
from typing import Any

from mlops_cli.backends.base import Backend
from mlops_cli.domain.runs import Run
from mlops_cli.domain.training import is_better
from mlops_cli.errors import TimeoutExceededError, UsageError, WorkFailedError
from mlops_cli.status import ExitCode, RunStatus

POLL_SECONDS = 0.2


def follow(
    backend: Backend, run_id: str, on_change: Callable[[Run, list[Run]], None], timeout: float | None = None
) -> Run:
    """Report the run and its children each time something changed, until the run has ended.

    Raises TimeoutExceededError after `timeout` seconds, while the run goes on, and WorkFailedError when the
    process that works on the run is gone.
    """
    deadline = time.monotonic() + timeout if timeout is not None else None
    seen: tuple[Any, ...] = ()
    while True:
        run = backend.runs.get(run_id)
        children = backend.runs.children(run_id)
        if (run.status, len(children)) != seen:
            seen = (run.status, len(children))
            on_change(run, children)
        if run.status.is_final:
            return run
        _still_going(run, deadline)
        time.sleep(POLL_SECONDS)


def _still_going(run: Run, deadline: float | None) -> None:
    if run.status == RunStatus.NOT_RESPONDING:
        message = f"run {run.run_id} is not responding: its process ended before the run did"
        raise WorkFailedError(message, hint="resume it: run the same train command again")
    if deadline is not None and time.monotonic() >= deadline:
        message = f"run {run.run_id} is still {run.status}; the time given with --timeout is over"
        raise TimeoutExceededError(message, hint="the run goes on; follow it with the same train command")


def leaderboard(run: Run, children: list[Run]) -> list[Run]:
    """Child runs, best first by the run's primary metric, before all the one whose model the run has left behind;
    those without a score last."""
    metric, chosen = str(run.properties["primary_metric"]), run.properties.get("best_child")
    scored = [child for child in children if metric in child.metrics]
    sign = 1 if is_better(metric, 0, 1) else -1
    rest = [child for child in children if metric not in child.metrics]
    return sorted(scored, key=lambda child: (child.run_id != chosen, sign * child.metrics[metric])) + rest


def best_child(run: Run, children: list[Run]) -> Run | None:
    """The child run whose model the run left behind; while it goes on, the best so far."""
    return next(iter(leaderboard(run, children)), None)


def check_outcome(run: Run) -> None:
    """Raise unless the run completed: UsageError when data or settings were wrong, else WorkFailedError."""
    if run.status == RunStatus.FAILED:
        details = [str(line) for line in run.properties.get("error_details", [])]
        hint = run.properties.get("error_hint") or f"mlops runs logs {run.run_id}"
        is_usage = run.properties.get("error_exit_code") == ExitCode.USAGE
        kind = UsageError if is_usage else WorkFailedError
        raise kind(f"run {run.run_id} failed: {run.error}", hint=hint, details=details)
    if run.status == RunStatus.CANCELED:
        raise WorkFailedError(f"run {run.run_id} was canceled", hint="start again: mlops train")


def document(run: Run, children: list[Run]) -> dict[str, Any]:
    """The run as scripts read it."""
    best = best_child(run, children)
    return {
        "run_id": run.run_id,
        "status": run.status,
        "experiment": run.experiment,
        "dataset": run.properties["request"]["dataset"] + f":{run.properties['request']['version']}",
        "duration_seconds": run.duration_seconds,
        "primary_metric": run.properties["primary_metric"],
        "best": best and {"run_id": best.run_id, "algorithm": best.algorithm, "metrics": best.metrics},
        "notes": run.properties.get("notes", []),
        "model": run.properties.get("model"),
    }


def row(child: Run) -> dict[str, Any]:
    """A leaderboard row as scripts read it."""
    return {
        "run_id": child.run_id,
        "iteration": child.iteration,
        "algorithm": child.algorithm,
        "metrics": child.metrics,
        "parameters": child.parameters,
        "duration_seconds": child.duration_seconds,
        "status": child.status,
    }

"""How a run's results enter the store: child runs, the best model, the end."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli import paths
from mlops_cli.domain.runs import Run
from mlops_cli.domain.training import TrainRequest
from mlops_cli.engine import models
from mlops_cli.engine.clock import now
from mlops_cli.engine.model.folder import load_manifest
from mlops_cli.engine.store import Store
from mlops_cli.errors import MlopsError, UsageError
from mlops_cli.status import RunStatus

if TYPE_CHECKING:
    from mlops_cli.engine.automl.search import AutoMLResult
    from mlops_cli.engine.automl.trials import Trial


def record_child(store: Store, run_id: str, trial: "Trial") -> None:
    """Put a finished trial into the store as a child run."""
    parent = store.runs.get(run_id)
    store.runs.put(
        Run(
            child_id(run_id, trial.iteration),
            parent.experiment,
            "trial",
            RunStatus(trial.status),
            now(),
            parent_id=run_id,
            iteration=trial.iteration,
            algorithm=trial.algorithm,
            parameters=trial.parameters,
            metrics=trial.metrics,
            ended_at=now(),
            duration_seconds=trial.duration_seconds,
            error=trial.error,
        )
    )


def complete(store: Store, run_id: str, result: "AutoMLResult") -> None:
    """End the run as Completed, with its best child run; register the model where one is wanted."""
    best = result.best
    assert best is not None, "a completed search has a best trial"
    run = store.runs.update(run_id, lambda run: _remember_model(store.home, run))
    request = request_of(run)
    registered: dict[str, Any] = {}
    if request.model_name:
        fields = model_fields(store, run, request.model_tags)
        folder = best_model_folder(store.home, run)
        model, _ = models.register(store, folder, request.model_name, **fields)
        registered["model"] = {"name": model.name, "version": model.version}
    facts = {"stopped": result.stopped, "notes": result.notes, "reason": result.reason} | registered
    finish(store, run_id, RunStatus.COMPLETED, metrics=best.metrics, **facts)


def cancel(store: Store, run_id: str) -> None:
    """End the run as Canceled; the best model so far stays with it."""
    store.runs.update(run_id, lambda run: _remember_model(store.home, run))
    finish(store, run_id, RunStatus.CANCELED)


def _remember_model(home: Path, run: Run) -> None:
    """Note the model that the search has left, and the child run that it is of; none is there before the first."""
    folder = search_dir(home, run.run_id) / "model"
    try:
        iteration = load_manifest(folder).run["iteration"]
    except FileNotFoundError:
        return
    run.properties["best_child"] = child_id(run.run_id, iteration)
    run.properties["model_folder"] = str(folder.relative_to(home))


def finish(
    store: Store,
    run_id: str,
    status: RunStatus,
    *,
    error: MlopsError | None = None,
    metrics: dict[str, float] | None = None,
    **properties: Any,
) -> None:
    """End the run. A run that was asked to stop after its work was done is Completed all the same."""

    def change(run: Run) -> None:
        run.status, run.ended_at = status, now()
        run.metrics = metrics or {}
        run.duration_seconds = _seconds(run.started_at, run.ended_at)
        run.properties |= properties
        if error:
            run.error = error.message
            run.properties |= {"error_hint": error.hint, "error_details": error.details}
            run.properties["error_exit_code"] = int(error.exit_code)

    store.runs.update(run_id, change)


def best_model_folder(home: Path, run: Run) -> Path:
    """The folder of the run's best model, or of its best so far. Raises UsageError while there is none."""
    if "model_folder" not in run.properties:
        _remember_model(home, run)
    folder = run.properties.get("model_folder")
    if folder is None:
        raise UsageError(
            f"run {run.run_id} is {run.status}: it has no model", hint=f"mlops runs show {run.run_id}"
        )
    return home / str(folder)


def model_fields(store: Store, run: Run, tags: dict[str, str] | None) -> dict[str, Any]:
    """What the registry keeps of the run that made a model."""
    request = request_of(run)
    best = store.runs.get(str(run.properties["best_child"]))
    return {
        "task": request.settings.task,
        "algorithm": best.algorithm,
        "run_id": run.run_id,
        "dataset": f"{request.dataset}:{request.version}",
        "metrics": best.metrics,
        "tags": tags or {},
    }


def request_of(run: Run) -> TrainRequest:
    return msgspec.convert(run.properties["request"], TrainRequest)


def child_id(run_id: str, iteration: int) -> str:
    return f"{run_id}_{iteration}"


def search_dir(home: Path, run_id: str) -> Path:
    """Where the search keeps its finished trials, so that it can be resumed."""
    return paths.run_dir(home, run_id) / "search"


def _seconds(start: str | None, end: str) -> float | None:
    if start is None:
        return None
    return round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds(), 3)

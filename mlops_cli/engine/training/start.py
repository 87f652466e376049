"""Starting, resuming and cancelling runs. The work is done by `worker`, in a process of its own."""

import hashlib
import secrets
import sys
from pathlib import Path

import msgspec

from mlops_cli import paths
from mlops_cli.domain.runs import Run
from mlops_cli.domain.training import TrainRequest
from mlops_cli.engine import holding
from mlops_cli.engine.clock import now
from mlops_cli.engine.processes import start_detached
from mlops_cli.engine.store import Store
from mlops_cli.status import RunStatus


def start(store: Store, request: TrainRequest) -> tuple[Run, bool]:
    """Start a run, or take up the unfinished one with the same data and settings.

    Returns the run and whether it is new. Of two callers at once, one starts it and the other finds it.
    """
    key = _key(store, request)
    created: list[Run] = []

    def make(unfinished: Run | None) -> Run | None:
        if unfinished and not request.always_new:
            return None
        created.append(_new_run(request, key))
        return created[0]

    run = store.runs.claim(key, make)
    if not is_worked_on(store.home, run.run_id):
        _start_worker(store.home, run.run_id)
    return run, bool(created)


def observed(store: Store, run: Run) -> Run:
    """The run as it is now: NotResponding when it should be worked on and is not."""
    if run.parent_id is not None:
        return run
    return holding.observed(store.runs, run, worker_lock(store.home, run.run_id))


def cancel(store: Store, run_id: str) -> Run:
    """Ask the run to stop; one that nobody works on is Canceled at once. A finished run stays as it is."""
    return holding.cancel(store.runs, run_id, worker_lock(store.home, run_id))


def worker_lock(home: Path, run_id: str) -> Path:
    return paths.run_dir(home, run_id) / "worker.lock"


def is_worked_on(home: Path, run_id: str) -> bool:
    return holding.is_held(worker_lock(home, run_id))


def _new_run(request: TrainRequest, key: str) -> Run:
    run_id = f"AutoML_{secrets.token_hex(6)}"
    properties = {"request": msgspec.to_builtins(request), "primary_metric": request.settings.metric()}
    return Run(
        run_id, request.experiment, "automl", RunStatus.NOT_STARTED, now(), key=key, properties=properties
    )


def _key(store: Store, request: TrainRequest) -> str:
    dataset = store.datasets.get(request.dataset, request.version)
    what = (dataset.content_hash, request.experiment, request.settings, request.model_name)
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()


def _start_worker(home: Path, run_id: str) -> None:
    """Start the worker and wait until it holds the run's lock, or another one does."""
    import time

    command = [sys.executable, "-m", "mlops_cli.engine.training.worker", str(home), run_id]
    process = start_detached(command, log=paths.run_log(home, run_id), env={"OMP_WAIT_POLICY": "PASSIVE"})
    while process.is_alive() and not is_worked_on(home, run_id):
        time.sleep(0.02)

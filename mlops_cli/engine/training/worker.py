"""The process that works on one AutoML run: `python -m mlops_cli.engine.training.worker HOME RUN_ID`.

It holds the run's lock as long as it lives. What it prints is the run's log.
"""

import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_cli.domain.data import versioned
from mlops_cli.domain.runs import Run
from mlops_cli.engine.clock import now
from mlops_cli.engine.files import locked
from mlops_cli.engine.store import Store
from mlops_cli.engine.training import outcome
from mlops_cli.engine.training.start import worker_lock
from mlops_cli.errors import MlopsError
from mlops_cli.status import RunStatus

if TYPE_CHECKING:
    from mlops_cli.engine.automl.trials import Trial

LOCK_SECONDS = 3.0
CANCEL_POLL_SECONDS = 0.5

log = logging.getLogger("mlops")


def main(home: Path, run_id: str) -> None:
    logging.basicConfig(stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        # Those who only look whether the run is worked on hold the lock for an instant: hence more than one try.
        with locked(worker_lock(home, run_id), wait=False) as mine:
            if mine:
                return _work(Store(home), run_id)
        if time.monotonic() > deadline:
            return log.info("another process works on %s", run_id)
        time.sleep(0.05)


def _work(store: Store, run_id: str) -> None:
    run = store.runs.get(run_id)
    if run.status.is_final:
        return
    log.info("%s %s", "start" if run.started_at is None else "resume", run_id)
    began = time.time()
    store.runs.update(run_id, _mark_running)
    try:
        _train(store, run_id, began)
    except MlopsError as error:
        log.error("%s", error.message)
        outcome.finish(store, run_id, RunStatus.FAILED, error=error)
    except Exception as error:
        log.exception("the run failed")
        known = MlopsError(f"{type(error).__name__}: {error}")
        outcome.finish(store, run_id, RunStatus.FAILED, error=known)


def _train(store: Store, run_id: str, began: float) -> None:
    from mlops_cli.engine.automl.search import run_automl
    from mlops_cli.engine.data.reading import read_dataset

    request = outcome.request_of(store.runs.get(run_id))
    dataset = store.datasets.get(request.dataset, request.version)
    judging = request.settings.validation_data
    stop = _CancelWatch(store, run_id)
    result = run_automl(
        read_dataset(store.home, dataset),
        request.settings,
        outcome.search_dir(store.home, run_id),
        on_trial=lambda trial: _record(store, run_id, trial),
        should_stop=stop,
        started=began,
        run_info={"run_id": run_id, "dataset": f"{dataset.name}:{dataset.version}"},
        validation=read_dataset(store.home, store.datasets.get(*versioned(judging))) if judging else None,
    )
    for note in result.notes:
        log.info("%s", note)
    if result.stopped == "canceled" or result.model_folder is None:
        outcome.cancel(store, run_id)
    else:
        outcome.complete(store, run_id, result)
    log.info("%s", store.runs.get(run_id).status)


def _record(store: Store, run_id: str, trial: "Trial") -> None:
    log.info("%d %s %s %s", trial.iteration, trial.algorithm, trial.status, trial.error or "")
    outcome.record_child(store, run_id, trial)


class _CancelWatch:
    """Whether somebody asked the run to stop; asks the store now and then."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store, self._run_id = store, run_id
        self._asked_at = 0.0
        self.asked = False

    def __call__(self) -> bool:
        if not self.asked and time.monotonic() - self._asked_at > CANCEL_POLL_SECONDS:
            self._asked_at = time.monotonic()
            self.asked = self._store.runs.get(self._run_id).status == RunStatus.CANCEL_REQUESTED
        return self.asked


def _mark_running(run: Run) -> None:
    run.started_at = run.started_at or now()
    if run.status != RunStatus.CANCEL_REQUESTED:
        run.status = RunStatus.RUNNING


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

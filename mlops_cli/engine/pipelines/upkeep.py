"""What the pipeline server does beside answering: fire schedules, take up runs that lost their process."""

import logging
import time
from datetime import UTC, datetime

from mlops_cli.domain.pipeline_runs import PipelineRun
from mlops_cli.engine.clock import now
from mlops_cli.engine.pipelines import scheduler, start
from mlops_cli.engine.store import Store
from mlops_cli.status import RunStatus

LOOK_SECONDS = 2.0
MOST_RESTARTS = 5

log = logging.getLogger("mlops.pipelines")


class Upkeep:
    """Called a few times a second."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looked_at = 0.0
        self._ticked: datetime | None = None
        self._restarts: dict[str, int] = {}

    def tick(self) -> None:
        moment = datetime.now(UTC)
        if self._ticked is None or moment < self._ticked:
            scheduler.put_back(self._store, moment)
        self._ticked = moment
        scheduler.tick(self._store, moment)
        if time.monotonic() - self._looked_at > LOOK_SECONDS:
            self._looked_at = time.monotonic()
            for run in self._store.pipeline_runs.unfinished():
                if start.observed(self._store, run).status == RunStatus.NOT_RESPONDING:
                    self._take_up(run)

    def _take_up(self, run: PipelineRun) -> None:
        """Start the run's process again; a run whose process ends again and again has failed."""
        count = self._restarts[run.run_id] = self._restarts.get(run.run_id, 0) + 1
        if count <= MOST_RESTARTS:
            log.info("%s has lost its process and goes on", run.run_id)
            start.start_runner(self._store.home, run.run_id)
            return

        def fail(run: PipelineRun) -> None:
            run.status, run.ended_at = RunStatus.FAILED, now()
            run.error = f"its process ended {MOST_RESTARTS} times"

        self._store.pipeline_runs.update(run.run_id, fail)

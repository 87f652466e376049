"""The process that works on one run: `python -m mlops_cli.engine.pipelines.runner HOME RUN_ID`.

It holds the run's lock as long as it lives and forks one process for each step, which starts in milliseconds
because nothing is imported again. Killed at any moment, another runner goes on where it was: a step whose
process still lives is waited for, a step recorded as complete is never run again.
"""

import gc
import logging
import os
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

import msgspec

from mlops_cli.domain.pipeline_runs import PipelineRun, StepRun
from mlops_cli.engine.clock import now
from mlops_cli.engine.endpoints.signals import woken_by_signals
from mlops_cli.engine.files import locked
from mlops_cli.engine.pipelines import layout
from mlops_cli.engine.pipelines.attempt import Attempt
from mlops_cli.engine.pipelines.planning import Plan
from mlops_cli.engine.pipelines.stepping import Stepping
from mlops_cli.engine.store import Store
from mlops_cli.errors import MlopsError
from mlops_cli.status import RunStatus

LOCK_SECONDS = 3.0
POLL_SECONDS = 0.5
ADOPTED_POLL_SECONDS = 0.05

log = logging.getLogger("mlops.pipelines")


def main(home: Path, run_id: str) -> None:
    _log_to_stdout()
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        # Those who only look whether the run is worked on hold the lock for an instant: hence more than one try.
        with locked(layout.runner_lock(home, run_id), wait=False) as mine:
            if mine:
                return Runner(Store(home, kept=True), run_id).run()
        if time.monotonic() > deadline:
            return log.info("another process works on %s", run_id)
        time.sleep(0.05)


class Runner:
    """Starts every step as soon as those it waits for are complete, as many at once as there are cores."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store = store
        self._run_id = run_id
        self._most = max(2, os.cpu_count() or 2)
        self._running: dict[str, Attempt] = {}
        self._changed: dict[str, StepRun] = {}
        self._stopping = False
        self._cancel_asked = False
        self._asked_at = 0.0

    def run(self) -> None:
        run = self._store.pipeline_runs.get(self._run_id)
        if run.status.is_final:
            return
        log.info("%s %s (%s)", "start" if run.started_at is None else "resume", run.run_id, run.pipeline)
        plan = msgspec.json.decode(self._store.pipeline_runs.plan(self._run_id), type=Plan)
        run = self._store.pipeline_runs.update(self._run_id, _mark_running)
        self._stepping = Stepping(self._store, run, plan)
        self._steps = {step.name: step for step in self._store.pipeline_runs.steps(self._run_id)}
        # What is there now stays for good: the collector need not touch it in every step's process.
        gc.freeze()
        with woken_by_signals(self._on_signal) as waker:
            self._take_up()
            while not self._stopping and self._advance():
                waker.wait((), self._patience())

    def _take_up(self) -> None:
        """Go on with what an earlier runner has left, and give failed steps another chance."""
        for step in self._steps.values():
            if step.status == RunStatus.RUNNING and (found := self._stepping.adopt(step)):
                log.info("%s: its process %s", step.name, "lives" if found.poll() is False else "has ended")
                self._running[step.name] = found
            elif not (step.status == RunStatus.COMPLETED or step.status == RunStatus.NOT_STARTED):
                step.status, step.failures, step.error, step.details = RunStatus.NOT_STARTED, 0, None, []
                self._changed[step.name] = step

    def _advance(self) -> bool:
        """One round: what has ended, what can start, what is to be recorded. False at the end of the run."""
        self._reap()
        self._watch_cancel()
        begun = self._begin()
        self._record()
        for step in begun:
            self._running[step.name] = self._stepping.launch(step)
        return bool(self._running) or not self._finish()

    def _reap(self) -> None:
        for name, attempt in list(self._running.items()):
            if attempt.poll():
                del self._running[name]
                step = self._steps[name]
                self._stepping.end(step, attempt)
                self._changed[name] = step
                log.info("%s: %s%s", name, step.status, f" ({step.error})" if step.error else "")

    def _begin(self) -> list[StepRun]:
        """Steps that can start now, marked as running; those that can be reused are complete at once."""
        begun: list[StepRun] = []
        progress = True
        while progress and not self._is_halted():
            progress = False
            for step in self._ready():
                if len(self._running) + len(begun) >= self._most:
                    break
                self._changed[step.name] = step
                if self._start(step):
                    begun.append(step)
                elif step.status == RunStatus.COMPLETED:
                    progress = True
        return begun

    def _start(self, step: StepRun) -> bool:
        try:
            started = self._stepping.begin(step, self._steps)
        except MlopsError as error:
            step.status, step.error, step.details = RunStatus.FAILED, error.message, error.details
            return False
        log.info("%s: %s", step.name, f"attempt {step.attempt}" if started else f"as in {step.reused_from}")
        return started

    def _ready(self) -> list[StepRun]:
        done = {name for name, step in self._steps.items() if step.status == RunStatus.COMPLETED}
        waiting = (step for step in self._steps.values() if step.status == RunStatus.NOT_STARTED)
        return [step for step in waiting if done.issuperset(step.waits_for)]

    def _is_halted(self) -> bool:
        """Whether no further step may start: one has failed, or the run is to stop."""
        return self._canceled() or any(step.status == RunStatus.FAILED for step in self._steps.values())

    def _record(self) -> None:
        if self._changed:
            self._store.pipeline_runs.put_steps(self._changed.values())
            self._changed.clear()

    def _watch_cancel(self) -> None:
        if self._canceled():
            for attempt in self._running.values():
                attempt.stop("it was canceled")

    def _canceled(self) -> bool:
        if not self._cancel_asked and time.monotonic() - self._asked_at > POLL_SECONDS:
            self._asked_at = time.monotonic()
            status = self._store.pipeline_runs.status(self._run_id)
            self._cancel_asked = status == RunStatus.CANCEL_REQUESTED
        return self._cancel_asked

    def _finish(self) -> bool:
        """End the run, as nothing is left that could be done."""
        failed = [step for step in self._steps.values() if step.status == RunStatus.FAILED]
        if all(step.status == RunStatus.COMPLETED for step in self._steps.values()):
            status, error = RunStatus.COMPLETED, None
        elif self._cancel_asked:
            status, error = RunStatus.CANCELED, None
        else:
            names = ", ".join(step.name for step in failed)
            status, error = RunStatus.FAILED, f"step {names} failed: {failed[0].error}"

        def change(run: PipelineRun) -> None:
            run.status, run.error, run.ended_at = status, error, now()
            began = datetime.fromisoformat(run.started_at or run.created_at)
            run.duration_seconds = round((datetime.fromisoformat(run.ended_at) - began).total_seconds(), 3)

        self._store.pipeline_runs.update(self._run_id, change)
        log.info("%s", status)
        return True

    def _patience(self) -> float:
        if any(attempt.pid is None for attempt in self._running.values()):
            return ADOPTED_POLL_SECONDS
        return POLL_SECONDS

    def _on_signal(self, number: int) -> None:
        self._stopping |= number in (signal.SIGTERM, signal.SIGINT)


def _mark_running(run: PipelineRun) -> None:
    run.started_at = run.started_at or now()
    if run.status != RunStatus.CANCEL_REQUESTED:
        run.status = RunStatus.RUNNING


def _log_to_stdout() -> None:
    """Not through the root logger: a script's own logging.basicConfig would then do nothing."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

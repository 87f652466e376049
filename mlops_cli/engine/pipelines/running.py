"""Working on one run: which step starts when, and what is written down of it.

Killed at any moment, another runner goes on where it was: a step whose process still lives is waited for, a step
recorded as complete is never run again.
"""

import gc
import logging
import signal
import time

import msgspec

from mlops_cli.domain.pipeline_runs import StepRun
from mlops_cli.engine.endpoints.signals import Waker, woken_by_signals
from mlops_cli.engine.pipelines import ending
from mlops_cli.engine.pipelines.launching import Launching
from mlops_cli.engine.pipelines.nursery import MOST_AT_ONCE, Nursery
from mlops_cli.engine.pipelines.planning import Plan
from mlops_cli.engine.pipelines.ready import Ready
from mlops_cli.engine.pipelines.stepping import Stepping
from mlops_cli.engine.store import Store
from mlops_cli.errors import MlopsError
from mlops_cli.status import RunStatus

POLL_SECONDS = 0.5
ADOPTED_POLL_SECONDS = 0.05
IDLE_SECONDS = 0.02
"""Without news for so long there is time for what nothing waits for."""

PLANS = msgspec.json.Decoder(Plan)
"""Made on import, when no run waits for it yet."""

log = logging.getLogger("mlops.pipelines")


class Running:
    """Starts every step as soon as those it waits for are complete, as many at once as there are cores."""

    def __init__(self, store: Store, run_id: str, nursery: Nursery) -> None:
        self._store = store
        self._run_id = run_id
        self._nursery = nursery
        self._changed: dict[str, StepRun] = {}
        self._news: list[str] = []
        self._untidy: list[StepRun] = []
        self._stopping = self._signaled = False
        self._cancel_asked = False
        self._asked_at = 0.0

    def run(self) -> None:
        run = self._store.pipeline_runs.get(self._run_id)
        if run.status.is_final:
            return
        log.info("%s %s (%s)", "start" if run.started_at is None else "resume", run.run_id, run.pipeline)
        plan = PLANS.decode(self._store.pipeline_runs.plan(self._run_id))
        run = ending.begin(self._store, self._run_id)
        self._stepping = Stepping(self._store, run, plan)
        self._launching = Launching(self._nursery, self._stepping)
        self._steps = {step.name: step for step in self._store.pipeline_runs.steps(self._run_id)}
        gc.freeze()
        with woken_by_signals(self._on_signal) as waker:
            self._take_up()
            self._ready = Ready(self._steps.values())
            while not self._stopping and self._advance():
                self._wait(waker)
        self._tidy()

    def _take_up(self) -> None:
        """Go on with what an earlier runner has left, and give failed steps another chance."""
        for step in self._steps.values():
            if step.status == RunStatus.RUNNING and (found := self._launching.adopt(step)):
                log.info("%s: its process %s", step.name, "lives" if found.poll() is False else "has ended")
            elif step.status == RunStatus.COMPLETED:
                self._stepping.tidy(step)
            elif step.status != RunStatus.NOT_STARTED:
                step.status, step.failures, step.error, step.details = RunStatus.NOT_STARTED, 0, None, []
                self._changed[step.name] = step

    def _advance(self) -> bool:
        """One round: what has ended, what can start, what is to be recorded. False at the end of the run."""
        self._reap()
        self._watch_cancel()
        begun = self._begin()
        self._record()
        for step in begun:
            self._launching.launch(step)
        if self._news:
            log.info("%s", "\n".join(self._news))
            self._news.clear()
        if not self._is_halted():
            self._launching.look_ahead(self._ready.coming(self._launching.running.keys()), self._steps)
        return bool(self._launching.running) or not self._finish()

    def _wait(self, waker: Waker) -> None:
        if self._untidy:
            if self._hears(waker, IDLE_SECONDS):
                return
            self._tidy()
        self._hears(waker, self._patience())

    def _hears(self, waker: Waker, seconds: float) -> bool:
        """Whether a signal comes within so long, or word of work that has ended; spares alone are no news."""
        while not self._signaled and not self._launching.has_news():
            if not waker.wait([self._launching.fileno()], seconds):
                return False
        self._signaled = False
        return True

    def _tidy(self) -> None:
        """What nothing waits for; on a file system with a journal it takes as long as a short step."""
        for step in self._untidy:
            self._stepping.tidy(step)
        self._untidy.clear()

    def _reap(self) -> None:
        """Take note of the attempts that have ended."""
        self._launching.listen()
        names = [name for name, attempt in self._launching.running.items() if attempt.poll()]
        for name in names:
            step = self._changed[name] = self._steps[name]
            self._stepping.end(step, self._launching.running.pop(name))
            self._ready.put(step)
            self._untidy.append(step)
            came = "to be tried again" if step.status == RunStatus.NOT_STARTED else step.status
            self._news.append(f"{name}: {came}{f' ({step.error})' if step.error else ''}")

    def _begin(self) -> list[StepRun]:
        """Steps that can start now, marked as running; those that can be reused are complete at once."""
        begun: list[StepRun] = []
        while len(self._launching.running) + len(begun) < MOST_AT_ONCE and not self._is_halted():
            step = self._ready.take()
            if step is None:
                break
            self._changed[step.name] = step
            if self._start(step):
                begun.append(step)
            else:
                self._launching.dismiss(step)
                self._ready.put(step)
        return begun

    def _start(self, step: StepRun) -> bool:
        try:
            started = self._stepping.begin(step, self._steps)
        except MlopsError as error:
            step.status, step.error, step.details = RunStatus.FAILED, error.message, error.details
            return False
        self._news.append(
            f"{step.name}: {f'attempt {step.attempt}' if started else f'as in {step.reused_from}'}"
        )
        return started

    def _is_halted(self) -> bool:
        """Whether no further step may start: one has failed, or the run is to stop."""
        return self._canceled() or self._ready.failed

    def _record(self) -> None:
        if self._changed:
            self._store.pipeline_runs.put_steps(self._changed.values())
            self._changed.clear()

    def _watch_cancel(self) -> None:
        if self._canceled():
            for attempt in self._launching.running.values():
                attempt.stop("it was canceled")

    def _canceled(self) -> bool:
        if not self._cancel_asked and time.monotonic() - self._asked_at > POLL_SECONDS:
            self._asked_at = time.monotonic()
            status = self._store.pipeline_runs.status(self._run_id)
            self._cancel_asked = status == RunStatus.CANCEL_REQUESTED
        return self._cancel_asked

    def _finish(self) -> bool:
        status = ending.end(self._store, self._run_id, self._steps.values(), canceled=self._cancel_asked)
        self._launching.close()
        log.info("%s", status)
        return True

    def _patience(self) -> float:
        if any(attempt.pid is None for attempt in self._launching.running.values()):
            return ADOPTED_POLL_SECONDS
        return POLL_SECONDS

    def _on_signal(self, number: int) -> None:
        self._signaled = True
        self._stopping |= number in (signal.SIGTERM, signal.SIGINT)

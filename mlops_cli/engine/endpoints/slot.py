"""One place for a worker: started, replaced without a lost request, restarted after a crash."""

import contextlib
import signal
import time
from collections.abc import Callable
from pathlib import Path

from mlops_cli.domain.endpoints import Level
from mlops_cli.engine.endpoints.layout import WorkerStatus
from mlops_cli.engine.endpoints.worker import Inherited, Worker, supervisor_command
from mlops_cli.engine.serving.spec import StartupFailure, read_spec
from mlops_cli.errors import StateError

START_ATTEMPTS = 3
START_SECONDS = 120
DRAIN_EXTRA_SECONDS = 30.0
FIRST_DELAY, LONGEST_DELAY = 0.2, 30.0
STABLE_SECONDS = 60

Log = Callable[[Level, str], None]


class Slot:
    """A worker and what becomes of it. `tick` moves everything on; it never blocks.

    A new worker takes over once it is ready: it shares the sockets of the old one, which then gets SIGTERM and
    answers what it has. A worker that does not start is tried again: at most three times when its generation
    has never served here, otherwise for ever, with growing pauses.
    """

    def __init__(self, number: int, service: Path, log: Log) -> None:
        self.number = number
        self.current: Worker | None = None
        self.candidate: Worker | None = None
        self.failure: StartupFailure | None = None
        self.restarts = 0
        self._service = service
        self._log = log
        self._leaving: list[tuple[Worker, float]] = []
        self._start_failures = 0
        self._pauses = 0
        self._failed_generation = 0
        self._good_generation = 0
        self._not_before = 0.0

    def adopt(self, worker: Worker) -> None:
        """Go on with a worker that another supervisor started, until one of our own replaces it."""
        self.current = worker

    def status(self) -> WorkerStatus:
        if self.current:
            return WorkerStatus("ready", self.current.generation, self.current.process, self.restarts)
        if self.candidate:
            return WorkerStatus("starting", self.candidate.generation, self.candidate.process, self.restarts)
        return WorkerStatus("failed" if self._failed_generation else "restarting", restarts=self.restarts)

    def serves(self, generation: int) -> bool:
        return self.current is not None and self.current.generation == generation

    def is_hopeless(self) -> bool:
        """Whether nobody serves here, and nobody will before there is another generation."""
        return self.current is None and self._failed_generation > 0

    def gave_up(self, generation: int) -> bool:
        return self._failed_generation == generation

    def tick(self, generation: int, inherited: Inherited, *, may_replace: bool) -> None:
        """Move on towards a worker of `generation`; replace a good one only when `may_replace`."""
        self._bury_leaving()
        if self.candidate:
            self._watch_candidate(self.candidate, generation)
        elif self.current and not self.current.is_alive():
            self._crashed(self.current)
        elif self._wants(generation, may_replace):
            self._start(generation, inherited)

    def stop(self) -> None:
        """Ask every worker to end."""
        for worker in (self.current, self.candidate):
            if worker:
                self._retire(worker)
        self.current = self.candidate = None

    def is_empty(self) -> bool:
        self._bury_leaving()
        return not (self.current or self.candidate or self._leaving)

    def _wants(self, generation: int, may_replace: bool) -> bool:
        if self.gave_up(generation) or time.monotonic() < self._not_before:
            return False
        return self.current is None or (may_replace and self.current.generation != generation)

    def _start(self, generation: int, inherited: Inherited) -> None:
        if self._failed_generation:
            self._start_failures = self._failed_generation = 0
        try:
            heir = supervisor_command(self._service, inherited.every)
            self.candidate = Worker.start(self._service, generation, inherited, heir)
        except OSError as error:
            self.failure = StartupFailure("NoProcess", f"cannot start a process: {error}")
            self._pause()

    def _watch_candidate(self, candidate: Worker, generation: int) -> None:
        failure = candidate.poll()
        if candidate.ready:
            self._take_over(candidate)
        elif failure or not candidate.is_alive():
            self._did_not_start(candidate, failure)
        elif time.monotonic() - candidate.since > START_SECONDS:
            self._did_not_start(candidate, StartupFailure("Timeout", f"not ready after {START_SECONDS} s"))
        elif candidate.generation != generation:
            self._retire(candidate)
            self.candidate = None

    def _take_over(self, candidate: Worker) -> None:
        before, self.current, self.candidate = self.current, candidate, None
        if before:
            self._retire(before)
        self._good_generation = candidate.generation
        self._start_failures = self._failed_generation = 0
        self.failure = None
        self._log("INFO", f"worker {self.number} serves (process {candidate.process.pid})")

    def _did_not_start(self, candidate: Worker, failure: StartupFailure | None) -> None:
        self.failure = failure or StartupFailure(
            "WorkerDied", f"the worker {candidate.ending()} at its start"
        )
        self._log("ERROR", f"worker {self.number} did not start: {self.failure.message}")
        self._tell_output(candidate)
        self._retire(candidate)
        self.candidate = None
        self._start_failures += 1
        self._pause()
        if self._start_failures >= START_ATTEMPTS and candidate.generation != self._good_generation:
            self._give_up(candidate.generation)

    def _give_up(self, generation: int) -> None:
        self._failed_generation = generation
        self._log("ERROR", f"worker {self.number} failed {self._start_failures} times at its start: given up")

    def _crashed(self, worker: Worker) -> None:
        self._log(
            "ERROR", f"worker {self.number} (process {worker.process.pid}) {worker.ending()}; restarting it"
        )
        self._tell_output(worker)
        if time.monotonic() - worker.since > STABLE_SECONDS:
            self._pauses = 0
        worker.close()
        self.current = None
        self.restarts += 1
        self._pause()

    def _pause(self) -> None:
        """Wait before the next start: not at all, 0.2 s, 0.4 s, ... 30 s."""
        delay = min(FIRST_DELAY * 2 ** (self._pauses - 1), LONGEST_DELAY) if self._pauses else 0
        self._pauses += 1
        self._not_before = time.monotonic() + delay

    def _tell_output(self, worker: Worker) -> None:
        for line in worker.last_output():
            self._log("ERROR", line)

    def _retire(self, worker: Worker) -> None:
        worker.signal(signal.SIGTERM)
        self._leaving.append((worker, time.monotonic() + self._drain_seconds()))

    def _drain_seconds(self) -> float:
        """A worker drains for at most its scoring timeout and a little; later than that it hangs."""
        with contextlib.suppress(StateError):
            return read_spec(self._service).scoring_timeout_ms / 1000 + DRAIN_EXTRA_SECONDS
        return DRAIN_EXTRA_SECONDS

    def _bury_leaving(self) -> None:
        for entry in list(self._leaving):
            worker, deadline = entry
            if not worker.is_alive():
                worker.close()
                self._leaving.remove(entry)
            elif time.monotonic() > deadline:
                worker.signal(signal.SIGKILL)

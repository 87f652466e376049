"""The attempts of a run that live, and how steps come to be among them: given to spares, or found alive."""

from collections.abc import Iterable
from contextlib import suppress

from mlops_cli.domain.pipeline_runs import StepRun
from mlops_cli.engine.pipelines.ahead import Ahead
from mlops_cli.engine.pipelines.attempt import Attempt
from mlops_cli.engine.pipelines.nursery import Nursery, NurseryLostError
from mlops_cli.engine.pipelines.stepping import Stepping

MOST_LOST = 10


class Launching:
    """`running` are the attempts that live, by step."""

    def __init__(self, nursery: Nursery, stepping: Stepping) -> None:
        self._nursery = nursery
        self._stepping = stepping
        self._ahead = Ahead(nursery)
        self._lost = 0
        self.running: dict[str, Attempt] = {}

    def fileno(self) -> int:
        """Can be read when there may be news."""
        return self._nursery.fileno()

    def has_news(self) -> bool:
        return self._nursery.has_news()

    def adopt(self, step: StepRun) -> Attempt | None:
        """Go on with the attempt of an earlier runner; None when nothing of it can be used."""
        if found := self._stepping.adopt(step):
            self.running[step.name] = found
        return found

    def launch(self, step: StepRun) -> None:
        """Have a spare begin the step. Raises NurseryLostError when nurseries are lost all the time."""
        try:
            pid = self._give(step)
        except NurseryLostError:
            self._renew()
            pid = self._give(step)
        self.running[step.name] = self._stepping.attempt(step, pid)

    def look_ahead(self, coming: Iterable[StepRun], steps: dict[str, StepRun]) -> None:
        """Have the places of steps made whose turn comes next."""
        for step in coming:
            if not self._ahead.has_room():
                return
            if step.name not in self._ahead and (work := self._stepping.foresee(step, steps)):
                with suppress(NurseryLostError):
                    self._ahead.settle(work, self._stepping.task(work))

    def dismiss(self, step: StepRun) -> None:
        """The step will not begin now."""
        self._ahead.dismiss(step.name)

    def listen(self) -> None:
        """Tell the attempts that have ended of it; in place of a nursery that was killed, have another."""
        ended = {ending.pid: ending for ending in self._nursery.events()}
        for attempt in self.running.values():
            if ending := ended.get(attempt.pid or 0):
                attempt.settle(ending.code, well=ending.well)
        self._ahead.forget(ended)
        if not ended and not self._nursery.is_alive():
            self._renew()

    def close(self) -> None:
        self._ahead.close()

    def _give(self, step: StepRun) -> int:
        work = self._stepping.work(step)
        return self._ahead.begin(work) or self._nursery.launch(self._stepping.task(work))

    def _renew(self) -> None:
        """Another nursery for the one that was killed. What it has started goes on, and its locks tell of it.

        Raises NurseryLostError when that happens too often: something other than chance ends them.
        """
        self._lost += 1
        if self._lost > MOST_LOST:
            raise NurseryLostError(f"{self._lost} times in this run")
        self._nursery.close()
        self._nursery = Nursery()
        self._ahead = Ahead(self._nursery)
        for attempt in self.running.values():
            attempt.pid = None

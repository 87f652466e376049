"""Which steps can start: those whose predecessors are all complete."""

from collections import deque
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from mlops_cli.domain.pipeline_runs import StepRun
from mlops_cli.status import RunStatus


class Ready:
    """Told of each step whose status has changed; gives out those that can start, each once."""

    def __init__(self, steps: Iterable[StepRun]) -> None:
        known = {step.name: step for step in steps}
        done = {name for name, step in known.items() if step.status == RunStatus.COMPLETED}
        self._open = {name: set(step.waits_for) - done for name, step in known.items()}
        self._followers: dict[str, list[StepRun]] = {name: [] for name in known}
        for step in known.values():
            for name in step.waits_for:
                self._followers[name].append(step)
        waiting = (step for step in known.values() if step.status == RunStatus.NOT_STARTED)
        self._steps = deque(step for step in waiting if not self._open[step.name])
        self.failed = False

    def take(self) -> StepRun | None:
        return self._steps.popleft() if self._steps else None

    def coming(self, running: AbstractSet[str]) -> Iterator[StepRun]:
        """Those that can start now or as soon as the steps that run are complete."""
        yield from self._steps
        for name in running:
            yield from (step for step in self._followers[name] if self._open[step.name] <= running)

    def put(self, step: StepRun) -> None:
        """The step is complete, has failed or is to be tried again."""
        if step.status == RunStatus.NOT_STARTED:
            self._steps.append(step)
        self.failed |= step.status == RunStatus.FAILED
        if step.status == RunStatus.COMPLETED:
            for follower in self._followers[step.name]:
                self._open[follower.name].discard(step.name)
                if not self._open[follower.name]:
                    self._steps.append(follower)

"""Steps whose turn comes next: a spare makes each one's place meanwhile, so that it begins at once."""

from collections.abc import Iterable
from contextlib import suppress

from mlops_cli.engine.pipelines.nursery import MOST_AHEAD, Nursery, NurseryLostError
from mlops_cli.engine.pipelines.work import Work


class Ahead:
    """Knows which spare waits where. Who dismisses a step has it begin like any other."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._settled: dict[str, tuple[int, Work]] = {}

    def has_room(self) -> bool:
        return len(self._settled) < MOST_AHEAD and self._nursery.has_spare()

    def __contains__(self, step: str) -> bool:
        return step in self._settled

    def settle(self, work: Work, task: dict[str, object]) -> None:
        """Let a spare make the place of a step as it is foreseen. Raises NurseryLostError."""
        self._settled[work.step.name] = (self._nursery.launch(task, ahead=True), work)

    def begin(self, work: Work) -> int | None:
        """Let the spare begin that waits for this step; returns its process id.

        None when there is no such spare, or the step has become another than was foreseen. Raises NurseryLostError.
        """
        pid, foreseen = self._settled.pop(work.step.name, (None, work))
        if pid is None:
            return None
        as_foreseen = (foreseen.attempt, foreseen.places()) == (work.attempt, work.places())
        self._nursery.tell(pid, go=as_foreseen)
        return pid if as_foreseen else None

    def dismiss(self, step: str) -> None:
        """The step will not begin now; its place is removed."""
        if known := self._settled.pop(step, None):
            with suppress(NurseryLostError):
                self._nursery.tell(known[0], go=False)

    def close(self) -> None:
        for step in list(self._settled):
            self.dismiss(step)

    def forget(self, ended: Iterable[int]) -> None:
        """Spares that were killed while they waited."""
        gone = set(ended)
        self._settled = {step: known for step, known in self._settled.items() if known[0] not in gone}

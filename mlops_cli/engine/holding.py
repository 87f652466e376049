"""A run and the process that works on it: that holds the run's lock, and the lock says whether it lives."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from mlops_cli.domain.pipeline_runs import PipelineRun
from mlops_cli.domain.runs import Run
from mlops_cli.engine.clock import now
from mlops_cli.engine.files import locked
from mlops_cli.status import RunStatus

AnyRun = TypeVar("AnyRun", Run, PipelineRun)
AnyRun_co = TypeVar("AnyRun_co", Run, PipelineRun, covariant=True)


class Table(Protocol[AnyRun_co]):
    """Where such runs are stored."""

    def get(self, run_id: str) -> AnyRun_co: ...

    def update(self, run_id: str, change: Callable[[AnyRun_co], None]) -> AnyRun_co: ...


def is_held(lock: Path) -> bool:
    """Whether a process holds the lock; the operating system frees it however the process ends.

    Others who look at the same moment are not taken for one that holds it.
    """
    if not lock.exists():
        return False
    with locked(lock, wait=False, shared=True) as free:
        return not free


def cancel(table: Table[AnyRun], run_id: str, lock: Path) -> AnyRun:
    """Ask the run to stop; one that nobody works on is Canceled at once. A finished run stays as it is."""

    def change(run: AnyRun) -> None:
        if run.status.is_final:
            return
        alive = is_held(lock)
        run.status = RunStatus.CANCEL_REQUESTED if alive else RunStatus.CANCELED
        run.ended_at = run.ended_at if alive else now()

    return table.update(run_id, change)


def observed(table: Table[AnyRun], run: AnyRun, lock: Path) -> AnyRun:
    """A run that should be worked on, as it is now: NotResponding when it is not."""
    if run.status.is_final or is_held(lock):
        return run
    run = table.get(run.run_id)
    if not run.status.is_final:
        run.status = RunStatus.NOT_RESPONDING
    return run

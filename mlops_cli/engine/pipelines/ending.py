"""How a run begins and ends, written down."""

from collections.abc import Collection
from datetime import datetime

from mlops_cli.domain.pipeline_runs import PipelineRun, StepRun
from mlops_cli.engine.clock import now
from mlops_cli.engine.store import Store
from mlops_cli.status import RunStatus


def begin(store: Store, run_id: str) -> PipelineRun:
    def change(run: PipelineRun) -> None:
        run.started_at = run.started_at or now()
        if run.status != RunStatus.CANCEL_REQUESTED:
            run.status = RunStatus.RUNNING

    return store.pipeline_runs.update(run_id, change)


def end(store: Store, run_id: str, steps: Collection[StepRun], *, canceled: bool) -> RunStatus:
    """End the run, as nothing is left that could be done."""
    status, error = _verdict(steps, canceled=canceled)

    def change(run: PipelineRun) -> None:
        run.status, run.error, run.ended_at = status, error, now()
        began = datetime.fromisoformat(run.started_at or run.created_at)
        run.duration_seconds = round((datetime.fromisoformat(run.ended_at) - began).total_seconds(), 3)

    store.pipeline_runs.update(run_id, change)
    return status


def _verdict(steps: Collection[StepRun], *, canceled: bool) -> tuple[RunStatus, str | None]:
    if all(step.status == RunStatus.COMPLETED for step in steps):
        return RunStatus.COMPLETED, None
    if canceled:
        return RunStatus.CANCELED, None
    failed = [step for step in steps if step.status == RunStatus.FAILED]
    return RunStatus.FAILED, "; ".join(f"step {step.name} failed: {step.error}" for step in failed)

"""Starting, resuming, cancelling and looking at runs. The work is done by `runner`, in a process of its own."""

import secrets
import time
from datetime import datetime
from pathlib import Path

import msgspec

from mlops_cli.domain.pipeline_graph import dependencies, in_order
from mlops_cli.domain.pipeline_runs import PipelineRun, StepRun, SubmitRequest
from mlops_cli.domain.pipelines import PipelineDefinition, experiment_of, type_of
from mlops_cli.engine import holding
from mlops_cli.engine.clock import now
from mlops_cli.engine.pipelines import layout, waiting
from mlops_cli.engine.pipelines.planning import Plan, plan
from mlops_cli.engine.pipelines.waiting import Launch
from mlops_cli.engine.store import Store
from mlops_cli.errors import UsageError
from mlops_cli.status import RunStatus

LOCK_POLL_SECONDS = 0.01
START_SECONDS = 15.0
"""How long a run may wait for its process to come up."""


def submit(
    store: Store,
    definition: PipelineDefinition,
    request: SubmitRequest,
    code: dict[str, str] | None = None,
    *,
    launch: Launch | None = None,
) -> PipelineRun:
    """Record a run and start the process that works on it: with `launch`, or waiting until it holds the run."""
    run, is_new = record(store, definition, request, plan(store, definition, request, code))
    if is_new:
        (launch or start_runner)(store.home, run.run_id)
    return run


def record(
    store: Store, definition: PipelineDefinition, request: SubmitRequest, planned: Plan
) -> tuple[PipelineRun, bool]:
    """Write down the run and its steps, in the order in which they can be done; whether it is a new one."""
    run = PipelineRun(
        request.run_id or f"Pipeline_{secrets.token_hex(6)}",
        definition.name,
        request.experiment or experiment_of(definition.name),
        RunStatus.NOT_STARTED,
        now(),
        parameters=planned.parameters,
        data={name: source.label for name, source in planned.data.items()},
        source=request.source,
        version=request.version,
        schedule=request.schedule,
    )
    waits = dependencies(planned.steps)
    steps = [
        StepRun(run.run_id, step.name, type_of(step), RunStatus.NOT_STARTED, sorted(waits[step.name]))
        for step in in_order(planned.steps)
    ]
    is_new = store.pipeline_runs.add(run, msgspec.json.encode(planned), steps)
    return run, is_new


def resume(store: Store, run_id: str) -> PipelineRun:
    """Take up a run that failed, was canceled or lost its process. What is complete stays complete."""

    def change(run: PipelineRun) -> None:
        if run.status == RunStatus.COMPLETED:
            raise UsageError(f"run {run_id} is complete; there is nothing to resume")
        if run.status.is_final:
            run.status, run.ended_at, run.error = RunStatus.NOT_STARTED, None, None

    if is_worked_on(store.home, run_id):
        return store.pipeline_runs.get(run_id)
    run = store.pipeline_runs.update(run_id, change)
    start_runner(store.home, run_id)
    return run


def cancel(store: Store, run_id: str) -> PipelineRun:
    """Ask the run to stop; one that nobody works on is Canceled at once. A finished run stays as it is.

    A step may outlive the process that worked on the run: another is started, once, to end it.
    """
    if not _has_left_steps(store, run_id):
        return holding.cancel(store.pipeline_runs, run_id, layout.runner_lock(store.home, run_id))
    run = store.pipeline_runs.update(run_id, ask_to_stop)
    start_runner(store.home, run_id)
    return run


def observed(store: Store, run: PipelineRun) -> PipelineRun:
    """The run as it is now: NotResponding when it should be worked on and is not."""
    if run.status == RunStatus.NOT_STARTED and abs(_age(run)) < START_SECONDS:
        return run
    return holding.observed(store.pipeline_runs, run, layout.runner_lock(store.home, run.run_id))


def is_worked_on(home: Path, run_id: str) -> bool:
    return holding.is_held(layout.runner_lock(home, run_id))


def start_runner(home: Path, run_id: str) -> None:
    """Start the process that works on the run; return once it, or another, holds the run."""
    process = waiting.start(home, run_id)
    while process.is_alive() and not is_worked_on(home, run_id):
        time.sleep(LOCK_POLL_SECONDS)


def _has_left_steps(store: Store, run_id: str) -> bool:
    status = store.pipeline_runs.get(run_id).status
    return (
        not status.is_final
        and status != RunStatus.CANCEL_REQUESTED
        and not is_worked_on(store.home, run_id)
        and any(step.status == RunStatus.RUNNING for step in store.pipeline_runs.steps(run_id))
    )


def ask_to_stop(run: PipelineRun) -> None:
    """Leave it to the process that works on the run to end it. A finished run stays as it is."""
    if not run.status.is_final:
        run.status = RunStatus.CANCEL_REQUESTED


def _age(run: PipelineRun) -> float:
    return time.time() - datetime.fromisoformat(run.created_at).timestamp()

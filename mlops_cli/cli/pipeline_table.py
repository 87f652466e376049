"""The steps of a run: a table that changes on a terminal, one plain line a change elsewhere."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.table import Table

    from mlops_cli.cli.app import App
    from mlops_cli.domain.pipeline_runs import PipelineRun, StepRun

STYLES = {"Completed": "green", "Failed": "red", "Running": "yellow", "Canceled": "dim", "NotStarted": "dim"}

FRAME_ROWS = 4
ROWS_BEFORE = 2


def follow(app: App, run_id: str, timeout: float | None) -> tuple[PipelineRun, list[StepRun]]:
    """Show the run's progress on stderr until it has ended."""
    from mlops_cli.errors import InterruptedByUserError
    from mlops_cli.services.pipelines import runs as pipelines

    try:
        with _progress(app) as update:
            return pipelines.follow(app.backend.pipelines, run_id, update, timeout)
    except KeyboardInterrupt:
        hint = f"follow it: mlops pipeline run --resume {run_id}, or stop it: mlops pipeline cancel {run_id}"
        raise InterruptedByUserError(f"no longer waiting; run {run_id} goes on", hint=hint) from None


@contextlib.contextmanager
def _progress(app: App) -> Iterator[Callable[[PipelineRun, list[StepRun]], None]]:
    if not app.interactive:
        told: dict[str, str] = {}
        yield lambda _, steps: _tell(app, steps, told)
        return
    from rich.live import Live

    with Live(console=app.console, auto_refresh=False, transient=True) as live:
        yield lambda _, steps: live.update(table(in_sight(steps, app.console.height)), refresh=True)


def in_sight(steps: list[StepRun], height: int) -> list[StepRun]:
    """The steps for which a terminal of that height has room: from shortly before the first that has not ended."""
    room = max(1, height - FRAME_ROWS)
    first = next((index for index, step in enumerate(steps) if not step.status.is_final), len(steps))
    start = max(0, min(first - ROWS_BEFORE, len(steps) - room))
    return steps[start : start + room]


def _tell(app: App, steps: list[StepRun], told: dict[str, str]) -> None:
    for step in steps:
        line = f"{step.name}: {state(step)}"
        if step.status != "NotStarted" and told.get(step.name) != line:
            told[step.name] = line
            timed = step.duration_seconds and took(step) and not step.reused_from
            app.say(f"  {line}{f' ({took(step)} s)' if timed else ''}")


def state(step: StepRun) -> str:
    """The state in a word, and what is special about it."""
    if step.reused_from:
        return "Reused"
    again = f", attempt {step.attempt}" if step.attempt > 1 else ""
    return f"{step.status}{again}"


def took(step: StepRun) -> str:
    """How many seconds its last attempt took; of one that runs the attempt before is no news."""
    ended = step.duration_seconds is not None and step.status.is_final
    return f"{step.duration_seconds:.1f}" if ended else ""


def table(steps: list[StepRun]) -> Table:
    """One row a step, in the order in which they can be done."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("step", "type", "state", "seconds", "waits for"):
        drawn.add_column(name, justify="right" if name == "seconds" else "left")
    for step in steps:
        note = Text(state(step), style=STYLES.get(step.status, ""))
        drawn.add_row(step.name, step.type, note, took(step), ", ".join(step.waits_for))
    return drawn


def draw(app: App, console: Console, run: PipelineRun, steps: list[StepRun]) -> None:
    """The table, the outcome, and where each step's outputs are."""
    console.print(table(steps))
    lasted = f" in {run.duration_seconds:.1f} s" if run.duration_seconds is not None else ""
    version = f" v{run.version}" if run.version else ""
    console.print(f"run {run.run_id} of {run.pipeline}{version}: {run.status}{lasted}", markup=False)
    if run.error:
        console.print(f"error: {run.error}", markup=False)
    for step in steps:
        if failed := step.facts.get("failed"):
            what = f"{failed:,} of {step.facts['items']:,} items failed, see failed_items.csv in its results"
            console.print(f"  {step.name}: {what}", style="yellow", markup=False)
        for name in step.outputs:
            place = app.to_type(f"mlops pipeline download {run.run_id} {step.name}.{name}")
            console.print(f"  {step.name}.{name}: {place}", style="dim", markup=False, soft_wrap=True)

"""`mlops pipeline runs|status|show|logs|cancel|download`: runs of pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from mlops_cli.cli.app import App


@click.command("runs", cls=Command)
@click.option("--pipeline", metavar="NAME", help="Only runs of this pipeline.")
@pass_app
def list_runs(app: App, *, pipeline: str | None) -> None:
    """List the runs of pipelines, newest first."""
    from mlops_cli.cli.tables import plain
    from mlops_cli.services.pipelines.runs import document

    found = app.backend.pipelines.list(pipeline=pipeline)
    documents = [
        {k: v for k, v in document(run, []).items() if k not in ("steps", "parameters", "data")}
        for run in found
    ]
    rows = [
        (run.run_id, run.pipeline, f"v{run.version}" if run.version else "", run.source, run.status,
         "" if run.duration_seconds is None else f"{run.duration_seconds:.1f}")
        for run in found
    ]  # fmt: skip
    header = ("run", "pipeline", "version", "by", "state", "seconds")
    app.show(documents, lambda console: plain(console, header, rows, empty="no runs yet: mlops pipeline run"))


@click.command(cls=Command)
@click.argument("run_id")
@pass_app
def status(app: App, *, run_id: str) -> int:
    """Say how a run stands; the exit code is its outcome.

    0: complete, or still going; 5: failed, canceled or without a process; the state itself is on stdout.
    """
    from mlops_cli.status import ExitCode, RunStatus

    run = app.backend.pipelines.get(run_id)
    shown = {"run_id": run.run_id, "status": run.status, "error": run.error}
    app.show(shown, lambda console: console.print(run.status, markup=False))
    failed = run.status in (RunStatus.FAILED, RunStatus.CANCELED, RunStatus.NOT_RESPONDING)
    return ExitCode.WORK_FAILED if failed else ExitCode.OK


@click.command(cls=Command)
@click.argument("run_id")
@pass_app
def show(app: App, *, run_id: str) -> None:
    """Show a run and its steps."""
    from mlops_cli.cli.pipeline_table import draw
    from mlops_cli.services.pipelines.runs import document

    run = app.backend.pipelines.get(run_id)
    steps = app.backend.pipelines.steps(run_id)
    app.show(document(run, steps), lambda console: draw(app, console, run, steps))


@click.command(cls=Command)
@click.argument("run_id")
@click.argument("step", required=False)
@pass_app
def logs(app: App, *, run_id: str, step: str | None) -> None:
    """Print what a run or one of its steps wrote."""
    app.show_lines(app.backend.pipelines.logs(run_id, step))


@click.command(cls=Command)
@click.argument("run_id")
@pass_app
def cancel(app: App, *, run_id: str) -> None:
    """Stop a run. What is complete stays."""
    run = app.backend.pipelines.cancel(run_id)
    shown = {"run_id": run.run_id, "status": run.status}
    app.show(shown, lambda console: console.print(f"{run.run_id}: {run.status}"))


@click.command(cls=Command)
@click.argument("run_id")
@click.argument("what", metavar="STEP.OUTPUT")
@click.option("--to", type=click.Path(path_type=Path), help="Where to put it; by default its own name here.")
@pass_app
def download(app: App, *, run_id: str, what: str, to: Path | None) -> None:
    """Copy an output of a step."""
    step, dot, name = what.partition(".")
    if not dot:
        raise click.BadParameter(f"'{what}' is not STEP.OUTPUT")
    place = app.backend.pipelines.download(run_id, step, name, app.cwd / (to or name))
    app.show({"path": str(place)}, lambda console: console.print(str(place), markup=False, soft_wrap=True))

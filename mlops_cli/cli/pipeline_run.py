"""`mlops pipeline run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app
from mlops_cli.cli.options import check_timeout, dry_run_option, timeout_option, wait_option
from mlops_cli.cli.pipeline_create import file_argument

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.domain.pipeline_runs import PipelineRun

param_option = click.option(
    "--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; may be repeated."
)
data_option = click.option(
    "--data",
    "data",
    multiple=True,
    metavar="NAME=PATH",
    help="Other data: a path, dataset:NAME or model:NAME; may be repeated.",
)
experiment_option = click.option("--experiment", help="Experiment that the run belongs to.")


@click.command(cls=Command)
@file_argument
@param_option
@data_option
@experiment_option
@click.option("--resume", metavar="RUN_ID", help="Go on with this run: complete steps stay complete.")
@wait_option
@timeout_option
@dry_run_option
@pass_app
def run(
    app: App,
    *,
    file: Path | None,
    params: tuple[str, ...],
    data: tuple[str, ...],
    experiment: str | None,
    resume: str | None,
    wait: bool,
    timeout: float | None,
    dry_run: bool,
) -> None:
    """Run a pipeline, or go on with a run.

    A step whose code, data and parameters did not change is not run again. A run that failed, was canceled
    or lost its process goes on with --resume, with the code that it began with; corrected code is a new run.
    """
    from mlops_cli.services.pipelines import runs as pipelines

    check_timeout(wait)
    if resume:
        if file or params or data or experiment or dry_run:
            raise click.UsageError("--resume goes on with what the run was given, and takes nothing else")
        started = app.backend.pipelines.resume(resume)
        app.say(f"going on with run {started.run_id}")
        return finish(app, started, wait=wait, timeout=timeout)
    loaded = pipelines.load(app.config, app.cwd, app.environ, file)
    wanted = pipelines.request(
        pipelines.pairs(params, "--param"), pipelines.pairs(data, "--data"), experiment
    )
    if dry_run:
        app.backend.pipelines.check(loaded.definition, wanted)
        app.say("dry run: nothing was started")
        return app.show({"name": loaded.definition.name, "request": wanted}, lambda _: None)
    started = app.backend.pipelines.submit(loaded.definition, wanted)
    app.say(f"run {started.run_id} of {started.pipeline}")
    return finish(app, started, wait=wait, timeout=timeout)


def finish(app: App, run: PipelineRun, *, wait: bool, timeout: float | None) -> None:
    """Follow the run where that is wanted, and show it."""
    from mlops_cli.cli import pipeline_table
    from mlops_cli.services.pipelines.runs import check_outcome, document

    steps = app.backend.pipelines.steps(run.run_id)
    if wait:
        run, steps = pipeline_table.follow(app, run.run_id, timeout)
        check_outcome(run, steps)
    app.show(document(run, steps), lambda console: pipeline_table.draw(app, console, run, steps))
    app.say(f"Next: mlops pipeline show {run.run_id}")

"""`mlops pipeline …`: the commands by file."""

from __future__ import annotations

import click

from mlops_cli.cli.command import Group, Lazy

MAKE, PUBLISH, LOOK = "Make and run", "Publish and trigger", "Look at"

COMMANDS = {
    "create": Lazy("mlops_cli.cli.pipeline_create:create", "Check a pipeline and draw its graph.", MAKE),
    "run": Lazy("mlops_cli.cli.pipeline_run:run", "Run a pipeline, or go on with a run.", MAKE),
    "cancel": Lazy("mlops_cli.cli.pipeline_runs:cancel", "Stop a run. What is complete stays.", MAKE),
    "prune": Lazy("mlops_cli.cli.pipeline_prune:prune", "Forget old runs and remove their files.", MAKE),
    "publish": Lazy(
        "mlops_cli.cli.pipeline_publish:publish",
        "Publish a pipeline as a version behind a REST endpoint.",
        PUBLISH,
    ),
    "trigger": Lazy(
        "mlops_cli.cli.pipeline_trigger:trigger",
        "Start a published pipeline over HTTP, as any other client would.",
        PUBLISH,
    ),
    "rollback": Lazy(
        "mlops_cli.cli.pipeline_published:rollback", "Make an earlier version the default again.", PUBLISH
    ),
    "enable": Lazy(
        "mlops_cli.cli.pipeline_published:enable",
        "Let a pipeline, or one version, be triggered again.",
        PUBLISH,
    ),
    "disable": Lazy(
        "mlops_cli.cli.pipeline_published:disable",
        "Let a pipeline, or one version, not be triggered any more.",
        PUBLISH,
    ),
    "token": Lazy(
        "mlops_cli.cli.pipeline_published:token", "Print a bearer token for the REST endpoints.", PUBLISH
    ),
    "schedule": Lazy(
        "mlops_cli.cli.pipeline_schedule:schedule",
        "Run published pipelines by the clock, or when data change.",
        PUBLISH,
    ),
    "server": Lazy(
        "mlops_cli.cli.pipeline_server:server", "Start, stop and look at the pipeline server.", PUBLISH
    ),
    "list": Lazy(
        "mlops_cli.cli.pipeline_published:list_versions",
        "List published pipelines and their versions, newest first.",
        LOOK,
    ),
    "runs": Lazy("mlops_cli.cli.pipeline_runs:list_runs", "List the runs of pipelines, newest first.", LOOK),
    "status": Lazy(
        "mlops_cli.cli.pipeline_runs:status", "Say how a run stands; the exit code is its outcome.", LOOK
    ),
    "show": Lazy("mlops_cli.cli.pipeline_runs:show", "Show a run and its steps.", LOOK),
    "logs": Lazy("mlops_cli.cli.pipeline_runs:logs", "Print what a run or one of its steps wrote.", LOOK),
    "download": Lazy("mlops_cli.cli.pipeline_runs:download", "Copy an output of a step.", LOOK),
}


@click.group(cls=Group, lazy=COMMANDS)
def pipeline() -> None:
    """Run, publish, trigger and schedule pipelines."""

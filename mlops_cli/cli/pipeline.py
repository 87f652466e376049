"""`mlops pipeline …`: the commands by file."""

from __future__ import annotations

import click

from mlops_cli.cli.command import Group, Lazy

MAKE, PUBLISH, LOOK = "Make and run", "Publish and trigger", "Look at"

COMMANDS = {
    "create": Lazy("mlops_cli.cli.pipeline_create:create", "Check a pipeline and draw its graph.", MAKE),
    "run": Lazy("mlops_cli.cli.pipeline_run:run", "Run a pipeline, or go on with a run.", MAKE),
    "cancel": Lazy("mlops_cli.cli.pipeline_runs:cancel", "Stop a run. What is complete stays.", MAKE),
    "list": Lazy("mlops_cli.cli.pipeline_runs:list_runs", "List the runs of pipelines, newest first.", LOOK),
    "show": Lazy("mlops_cli.cli.pipeline_runs:show", "Show a run and its steps.", LOOK),
    "logs": Lazy("mlops_cli.cli.pipeline_runs:logs", "Print what a run or one of its steps wrote.", LOOK),
    "download": Lazy("mlops_cli.cli.pipeline_runs:download", "Copy an output of a step.", LOOK),
}


@click.group(cls=Group, lazy=COMMANDS)
def pipeline() -> None:
    """Run, publish, trigger and schedule pipelines."""

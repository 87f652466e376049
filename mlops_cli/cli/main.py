"""The root of the command tree, and the one place where errors become text and exit codes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from mlops_cli import __version__
from mlops_cli.cli.command import Group, Lazy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops_cli.cli.app import App
    from mlops_cli.errors import MlopsError

START, WORK, THINGS, AZURE = "Start here", "The work", "What it leaves behind", "Azure"

COMMANDS = {
    "demo": Lazy("mlops_cli.cli.demo:demo", "The whole story on sample data, step by step.", START),
    "init": Lazy("mlops_cli.cli.init:init", "Write a profile for a data file of yours.", START),
    "doctor": Lazy(
        "mlops_cli.cli.doctor:doctor", "See what this machine can run and what is missing.", START
    ),
    "config": Lazy("mlops_cli.cli.config:config", "Show, validate and explain profiles.", START),
    "auth": Lazy("mlops_cli.cli.auth:auth", "Sign in to Azure.", WORK),
    "data": Lazy("mlops_cli.cli.data:data", "Register, inspect and fetch data.", WORK),
    "train": Lazy("mlops_cli.cli.train:train", "Train with AutoML and register the best model.", WORK),
    "deploy": Lazy("mlops_cli.cli.deploy:deploy", "Deploy a model as an HTTP service.", WORK),
    "score": Lazy("mlops_cli.cli.score:score", "Send rows to an endpoint and show the predictions.", WORK),
    "logs": Lazy("mlops_cli.cli.logs:logs", "Read the logs of an endpoint.", WORK),
    "insights": Lazy("mlops_cli.cli.insights:insights", "Requests, failures and response times.", WORK),
    "swagger": Lazy("mlops_cli.cli.swagger:swagger", "Show the Swagger document of an endpoint.", WORK),
    "bench": Lazy(
        "mlops_cli.cli.bench:bench", "Load test with gates; payloads and checks know the model.", WORK
    ),
    "pipeline": Lazy(
        "mlops_cli.cli.pipeline:pipeline", "Run, publish, trigger and schedule pipelines.", WORK
    ),
    "runs": Lazy("mlops_cli.cli.runs:runs", "AutoML runs and their child runs.", THINGS),
    "models": Lazy("mlops_cli.cli.models:models", "Registered models.", THINGS),
    "endpoints": Lazy("mlops_cli.cli.endpoints:endpoints", "Deployed services and their keys.", THINGS),
    "emulator": Lazy(
        "mlops_cli.cli.emulator:emulator", "Azure ML on this machine, for unmodified programs.", AZURE
    ),
}


@click.group(
    cls=Group,
    lazy=COMMANDS,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "MLOPS",
        "max_content_width": 100,
        "show_default": True,
    },
)
@click.version_option(__version__, prog_name="mlops", message="%(prog)s %(version)s")
def cli() -> None:
    """From a CSV to a production endpoint and an automated pipeline.

    The same commands run on this machine (backend local, the default) and on Azure Machine Learning.
    """


def run(args: Sequence[str], app: App) -> int:
    """Run one command line and return its exit code. Never raises."""
    from mlops_cli.status import ExitCode

    try:
        result = cli.main(list(args), prog_name="mlops", standalone_mode=False, obj=app)
        return int(result) if isinstance(result, int) else ExitCode.OK
    except click.exceptions.NoArgsIsHelpError as error:
        app.write(f"{error.format_message()}\n")
        return ExitCode.OK
    except SystemExit as end:
        if end.code != 1:
            raise
        # It is how click ends once nobody reads stdout any more, as in `mlops pipeline logs ID | head`.
        return ExitCode.OK
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last place that may catch all
        return _fail(app, args, error)


def _fail(app: App, args: Sequence[str], error: BaseException) -> int:
    from mlops_cli.cli.failure import report, understood

    known: MlopsError = understood(error)
    if _wants(args, "json") or _wants(args, "yaml"):
        app.output = "json" if _wants(args, "json") else "yaml"
    report(app, known, error)
    return int(known.exit_code)


def _wants(args: Sequence[str], form: str) -> bool:
    """Whether the arguments ask for `form`, also where they could not be parsed."""
    apart = any(flag in ("-o", "--output") and value == form for flag, value in pairwise(args))
    return apart or f"--output={form}" in args or f"-o{form}" in args


def main(**_: Any) -> int:
    """The entry point with the real world around it."""
    import os
    import sys
    from pathlib import Path

    from mlops_cli.cli import interrupts, letters
    from mlops_cli.cli.app import App

    interrupts.keep()
    letters.escape()
    return run(sys.argv[1:], App(environ=os.environ, cwd=Path.cwd()))

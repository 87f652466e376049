"""`mlops pipeline publish`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Command, pass_app
from mlops_cli.cli.options import dry_run_option
from mlops_cli.cli.pipeline_create import file_argument

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.services.pipelines.publish import Published


KEEP = "Forget all but the newest N versions, the default and those of schedules; Azure switches them off."


class PublishCommand(Command):
    """Takes `--output github` too."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        output = next(param for param in self.params if param.name == "output")
        output.type = click.Choice(["table", "json", "yaml", "github"])


@click.command(cls=PublishCommand)
@file_argument
@click.option("--from-run", metavar="RUN_ID", help="Publish what this run ran, in place of a file.")
@click.option("--set-default", is_flag=True, help="Make this version what the endpoint runs.")
@click.option("--keep", type=click.IntRange(1), metavar="N", help=KEEP)
@click.option("--exit-code", is_flag=True, help="End with exit code 3 when something changed.")
@dry_run_option
@pass_app
def publish(
    app: App,
    *,
    file: Path | None,
    from_run: str | None,
    set_default: bool,
    keep: int | None,
    exit_code: bool,
    dry_run: bool,
) -> int:
    """Publish a pipeline as a version behind a REST endpoint.

    The graph, the code and the parameters make the content: the same content again is no new version. The
    first version is the default; a later one becomes it with --set-default. It never asks anything.
    """
    from mlops_cli.services import github
    from mlops_cli.services.pipelines import runs as pipelines
    from mlops_cli.services.pipelines.publish import publish
    from mlops_cli.status import ExitCode

    if file and from_run:
        raise click.UsageError("give a file or --from-run, not both")
    if app.output == "github":
        github.check(app.environ)
    source = from_run or pipelines.load(app.config, app.cwd, app.environ, file).definition
    pipeline = app.backend.pipelines
    done = publish(pipeline, source, folder=app.cwd, set_default=set_default, keep=keep, dry_run=dry_run)
    _show(app, done, dry_run)
    return ExitCode.CHANGED if exit_code and done.changed else ExitCode.OK


def _show(app: App, done: Published, dry_run: bool) -> None:
    from mlops_cli.services import github
    from mlops_cli.services.pipelines.publish import curl, document

    shown = document(done)
    if app.output == "github":
        app.output = "table"
        page = github.summary(shown, app.to_type(curl(done.version)), dry_run=dry_run)
        github.report(app.environ, shown, page)
    app.say("dry run: nothing was published") if dry_run else None
    app.show(shown, lambda console: _draw(console, done, app.to_type(curl(done.version)), dry_run))


def _draw(console: Console, done: Published, trigger: str, dry_run: bool) -> None:
    version = done.version
    if dry_run and done.changed:
        word = "published" if done.is_new else "made the default"
        return console.print(f"{version.name}: would be {word}, v{version.version}", markup=False)
    word = "published" if done.is_new else "default changed" if done.changed else "unchanged"
    default = ", the default" if version.is_default else ""
    console.print(f"{version.name}: {word}, v{version.version}{default}", markup=False)
    console.print(f"id        {version.id}", markup=False)
    console.print(f"content   {version.content_hash[:16]}", markup=False)
    if done.removed:
        console.print(f"forgotten {', '.join(f'v{number}' for number in done.removed)}", markup=False)
    if version.endpoint:
        console.print(f"endpoint  {version.endpoint}", markup=False, soft_wrap=True)
        console.print(trigger, style="dim", markup=False, soft_wrap=True)
    return None

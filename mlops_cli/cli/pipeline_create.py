"""`mlops pipeline create`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.domain.pipelines import PipelineSettings

MOST_ARROWS = 4

file_argument = click.argument("file", type=click.Path(path_type=Path), required=False)


@click.command(cls=Command)
@file_argument
@click.option("--svg", type=click.Path(path_type=Path), help="Write the graph as a drawing.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page with the graph and all steps.")
@pass_app
def create(app: App, *, file: Path | None, svg: Path | None, html: Path | None) -> None:
    """Check a pipeline and draw its graph.

    FILE holds one pipeline; without it the profile's `pipeline` section is taken. Nothing is run.
    """
    from mlops_cli.services.pipelines import page, picture
    from mlops_cli.services.pipelines import runs as pipelines
    from mlops_cli.writing import write_text

    loaded = pipelines.load(app.config, app.cwd, app.environ, file)
    pipelines.check_code(loaded)
    settings = loaded.settings
    settings.name = loaded.definition.name
    for path, make in ((svg, picture.svg), (html, page.html)):
        if path:
            write_text(app.cwd / path, make(settings))
            app.say(f"wrote {path}")
    rows = pipelines.graph(settings)
    document = {
        "name": settings.name,
        "parameters": settings.parameters,
        "data": settings.data,
        "steps": rows,
    }
    app.show(document, lambda console: _draw(console, settings, rows))
    app.say(f"Next: mlops pipeline run{f' {shlex.quote(str(file))}' if file else ''}")


def _draw(console: Console, settings: PipelineSettings, rows: list[dict[str, Any]]) -> None:
    from mlops_cli.cli.tables import plain
    from mlops_cli.domain.references import as_text

    console.print(settings.name, style="bold", markup=False)
    for name, value in settings.parameters.items():
        console.print(f"  parameter {name} = {as_text(value)}", markup=False)
    for name, source in settings.data.items():
        where = source.path or source.dataset or source.model
        console.print(f"  data.{name} = {where}", markup=False)
    cells = [(_turn(row), row["type"], _takes(row), ", ".join(row["outputs"])) for row in rows]
    plain(console, ("step", "type", "takes", "leaves"), cells, empty="no steps")


def _turn(row: dict[str, Any]) -> str:
    """The step behind as many arrows as steps come before it at least; behind their number when they are many."""
    before = row["level"] - 1
    return f"{'→ ' * before if before <= MOST_ARROWS else f'→ ×{before} '}{row['name']}"


def _takes(row: dict[str, Any]) -> str:
    return ", ".join([*row["inputs"].values(), *(f"after {name}" for name in row["after"])])

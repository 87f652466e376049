"""`mlops swagger`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from mlops_cli.cli.app import App


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--version", type=click.Choice(["2", "3", "3.1"]), default="2", help="Swagger 2 or OpenAPI 3.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the document there, not on stdout.")
@click.option("--check", is_flag=True, help="Validate it and call the service with its own example.")
@pass_app
def swagger(app: App, *, name: str | None, version: str, save: Path | None, check: bool) -> None:
    """Show the Swagger document of an endpoint."""
    from mlops_cli.services import client
    from mlops_cli.services.deploy import endpoint_name
    from mlops_cli.services.swagger import check as check_document

    with client.connect(app.backend, endpoint_name(app.config, name)) as to:
        document = to.swagger(version)
        if save:
            (app.cwd / save).write_text(json.dumps(document, indent=2) + "\n")
            app.say(f"written to {save}")
        if check:
            found = check_document(to, document)
            app.show(found, lambda console: console.print(_told(found), soft_wrap=True, markup=False))
        elif not save:
            app.show(document, lambda _console: app.write(json.dumps(document, indent=2) + "\n"))
        else:
            app.show({"saved": str(save)}, lambda _console: None)


def _told(found: dict[str, Any]) -> str:
    scored = f"its own example was scored: {json.dumps(found['answer'])}"
    none = "it has no example to score: the script is your own"
    return f"valid, {found['operations']} operations; {scored if found['example_scored'] else none}"

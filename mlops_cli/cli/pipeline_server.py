"""`mlops pipeline server …`: the process that answers the REST endpoints and fires schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Group, pass_app

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.domain.publishing import ServerState


@click.group(cls=Group)
def server() -> None:
    """Start, stop and look at the pipeline server."""


@server.command()
@pass_app
def start(app: App) -> None:
    """Start it; publish, trigger and schedule do so by themselves."""
    _show(app, app.backend.pipelines.server("start"))


@server.command()
@pass_app
def stop(app: App) -> None:
    """Stop it. Runs go on; nothing is triggered or fired until it is started again."""
    pipelines = app.backend.pipelines
    ran = pipelines.server("status").running
    _show(app, pipelines.server("stop"), "stopped" if ran else "not running")


@server.command()
@pass_app
def status(app: App) -> None:
    """Say whether it runs, and where."""
    _show(app, app.backend.pipelines.server("status"))


def _show(app: App, state: ServerState, otherwise: str = "not running") -> None:
    words = f"running at {state.address}" if state.running else otherwise
    app.show(state, lambda console: console.print(words, markup=False, soft_wrap=True))

"""`mlops doctor`: what this machine can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.services.doctor import Check


@click.command(cls=Command)
@pass_app
def doctor(app: App) -> None:
    """See what this machine can run and what is missing."""
    from mlops_cli.errors import MlopsError
    from mlops_cli.services.doctor import examine

    checks = examine(app.context)
    app.show(checks, lambda console: _draw(console, checks))
    if broken := [check.name for check in checks if check.state == "missing"]:
        raise MlopsError(f"missing: {', '.join(broken)}", hint="see the lines above")


def _draw(console: Console, checks: list[Check]) -> None:
    marks = {"ok": "[green]ok[/green]     ", "missing": "[red]missing[/red]", "absent": "[dim]not here[/dim]"}
    for check in checks:
        console.print(f"{marks[check.state]}  {check.name:<16} {check.found}")
        if check.hint:
            console.print(f"{'':<9}{check.hint}", style="dim", markup=False)

"""`mlops doctor`: what this machine can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.services.doctor import Check


MARKS = {"ok": ("ok", "green"), "missing": ("missing", "red"), "absent": ("not here", "dim")}


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
    from rich.text import Text

    from mlops_cli.cli.tables import hanging

    rows: list[tuple[Text, Text, Text]] = []
    for check in checks:
        rows.append((Text(*MARKS[check.state]), Text(check.name), Text(check.found)))
        if check.hint:
            rows.append((Text(), Text(), Text(check.hint, style="dim")))
    hanging(console, rows)

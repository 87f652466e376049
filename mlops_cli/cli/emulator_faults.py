"""`mlops emulator fault …`: let Azure be slow, refuse or go away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Group, pass_app
from mlops_cli.cli.emulator_options import emulator_of

if TYPE_CHECKING:
    from mlops_cli.cli.app import App


@click.group(cls=Group)
def fault() -> None:
    """Let calls be slow, refused or cut off, and operations fail."""


@fault.command()
@click.argument("action", type=click.Choice(["delay", "status", "cut", "operation"]))
@click.option(
    "--match", default="", metavar="PATTERN", help='Sought in "METHOD https://host/path"; or operation name.'
)
@click.option("--status", type=int, default=500, help="Answer with this status.")
@click.option("--retry-after", type=float, metavar="SECONDS", help="Retry-After of that answer.")
@click.option("--seconds", type=float, default=1.0, help="How long a delay takes.")
@click.option("--after", type=float, default=0.0, metavar="SECONDS", help="Hold from then on.")
@click.option("--times", type=int, help="Hold for so many calls; for ever without it.")
@click.option("--message", help="Text of the failure.")
@pass_app
def add(app: App, **options: Any) -> None:
    """Add a rule; several may hold at once.

    Examples: `add status --status 429 --retry-after 2 --times 1`, `add status --status 401 --after 30`,
    `add operation --match compute`, `add cut --match blob --times 1`.
    """
    document = {name: value for name, value in options.items() if value is not None}
    added = emulator_of(app).control("POST", "/emulator/faults", document)
    app.show(added, lambda console: console.print(f"{added['id']} {added['action']}"))


@fault.command()
@pass_app
def clear(app: App) -> None:
    """Remove all rules."""
    emulator_of(app).control("DELETE", "/emulator/faults")
    app.show({"faults": []}, lambda console: console.print("no faults"))

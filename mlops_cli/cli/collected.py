"""`mlops endpoints data`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.services.collected import CollectedRow

SHOWN = 20


@click.command(cls=Command)
@click.argument("name")
@click.option("--since", metavar="TIME", help="From then on: 10m, 2h, or 2026-01-31T12:00:00 (UTC).")
@click.option("--rows", "-n", type=click.IntRange(0), help=f"The newest; 0: all. {SHOWN}, with --out all.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a .csv, .parquet or .jsonl file.")
@pass_app
def data(app: App, *, name: str, since: str | None, rows: int | None, out: Path | None) -> None:
    """Show or fetch what an endpoint has scored and answered.

    It is kept while data are collected: mlops endpoints update NAME --collect-data. The newest 100 MB
    at least are there, until the endpoint is deleted.
    """
    from mlops_cli.services import collected
    from mlops_cli.services.logs import moment
    from mlops_cli.writing import check_place

    check_place(app.cwd / out) if out else None
    endpoint = app.backend.endpoints.get(name)
    records = app.backend.endpoints.collected(name, moment(since) if since else None)
    found = collected.rows(records, rows if rows is not None else 0 if out else SHOWN)
    if out:
        collected.write(found, app.cwd / out)
        shown = {"rows": len(found), "out": str(out)}
        app.show(shown, lambda console: console.print(f"{len(found):,} rows written to {out}"))
    else:
        app.show(found, lambda console: _draw(console, found))
    if not endpoint.collect_data:
        app.say(f"no data are collected; next: mlops endpoints update {name} --collect-data")


def _draw(console: Console, found: Sequence[CollectedRow]) -> None:
    """One line a row, as much of it as there is room for."""
    from rich.text import Text as Line

    if not found:
        console.print("nothing is collected yet")
        return
    cells = [(row.time[:19].replace("T", " "), _text(row.prediction), _text(row.inputs)) for row in found]
    wide = max(10, min(24, max(len(prediction) for _, prediction, _ in cells)))
    for number, (time, prediction, inputs) in enumerate([("time (UTC)", "prediction", "inputs"), *cells]):
        line = Line(f"{time:<19}  {_cut(prediction, wide):<{wide}}  {inputs}", "" if number else "bold")
        line.truncate(console.width, overflow="ellipsis")
        console.print(line)


def _cut(text: str, wide: int) -> str:
    return text if len(text) <= wide else text[: wide - 1] + "…"


def _text(value: Any) -> str:
    """A row as `age 57, job admin.`; anything else as JSON, without the quotes of a text."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(cell)}" for name, cell in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

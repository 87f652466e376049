"""`mlops insights`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--since", metavar="TIME", help="From then on: 10m, 2h, or 2026-01-31T12:00:00 (UTC).")
@click.option("--minutes", type=click.IntRange(1), default=10, help="How many minutes to list.")
@pass_app
def insights(app: App, *, name: str | None, since: str | None, minutes: int) -> None:
    """Requests, failures and response times.

    They are recorded while app insights is on: mlops endpoints update NAME --app-insights.
    """
    from mlops_cli.services.deploy import endpoint_name
    from mlops_cli.services.insights import summary
    from mlops_cli.services.logs import moment

    endpoint = app.backend.endpoints.get(endpoint_name(app.config, name))
    records = app.backend.endpoints.requests(endpoint.name, moment(since) if since else None)
    found = {"name": endpoint.name, "app_insights": endpoint.app_insights, **summary(records, minutes)}
    app.show(found, lambda console: _draw(console, found))
    if not endpoint.app_insights:
        app.say(f"app insights is off; next: mlops endpoints update {endpoint.name} --app-insights")


def _draw(console: Console, found: dict[str, Any]) -> None:
    from rich.text import Text

    from mlops_cli.cli.tables import plain

    statuses = ", ".join(f"{count:,} x {status}" for status, count in found["statuses"].items())
    requests = f": {found['requests']:,} requests{f' ({statuses})' if statuses else ''}"
    console.print(Text.assemble((found["name"], "bold"), requests))
    header = ("minute (UTC)", "requests", "failures", "p50 ms", "p95 ms", "p99 ms", "model p50")
    rows = [_row(minute["minute"].replace("T", " "), minute) for minute in found["minutes"]]
    if len(rows) > 1:
        rows.append(_row("in all", found))
    plain(console, header, rows, empty="no request is recorded yet")


def _row(title: str, figures: dict[str, Any]) -> tuple[str, ...]:
    times, model = figures["latency_ms"], figures["model_ms"]
    shown = [f"{times[name]:.2f}" for name in ("p50", "p95", "p99")]
    return (
        title,
        f"{figures['requests']:,}",
        str(figures["failures"]),
        *shown,
        f"{model['p50']:.2f}" if model else "",
    )

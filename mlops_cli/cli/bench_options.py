"""The options of `mlops bench`, in the groups in which they are thought of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.options import Duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops_cli.cli.app import App
    from mlops_cli.services.bench.subject import Options

FILE = click.Path(dir_okay=False, path_type=Path)

LOAD = [
    click.option("-n", "--requests", type=click.IntRange(1), help="Requests to send; the profile's number."),
    click.option("-c", "--concurrency", type=click.IntRange(1, 10_000),
                 help="Connections; the profile's number, 50 for a fixed rate."),
    click.option("--duration", type=Duration(some=True), metavar="TIME", help="Send for this long (30s, 5m)."),
    click.option("--rate", type=click.FloatRange(0, min_open=True), metavar="PER_SECOND",
                 help="Send at a fixed rate; latency counts from when a request was due."),
    click.option("--warmup", type=click.IntRange(0), metavar="REQUESTS", help="Requests before measuring."),
    click.option("--timeout", type=Duration(some=True), default=60.0, metavar="TIME",
                 help="Give up on a request after this long, as Azure does."),
    click.option("--keep-alive/--no-keep-alive", default=True, help="Or a new connection for each request."),
    click.option("--yes", is_flag=True, help="Allow more than 50 connections to another machine."),
]  # fmt: skip
TARGET = [
    click.option("--url", help="Any scoring URL, instead of an endpoint."),
    click.option("--key", help="Sent as a bearer token; an endpoint's own key is found by itself."),
    click.option(
        "-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A further header."
    ),
    click.option("--proxy", envvar=["http_proxy", "HTTP_PROXY"], metavar="URL", show_envvar=True,
                 help="Go to http services of other machines through it."),
    click.option("--no-proxy", envvar=["no_proxy", "NO_PROXY"], metavar="HOSTS", default="",
                 show_envvar=True, show_default=False, help="But not to these."),
    click.option("--cacert", type=FILE, help="The authority that signed the server's certificate."),
    click.option("--insecure", is_flag=True, help="Accept any certificate."),
]  # fmt: skip
PAYLOADS = [
    click.option("--data", type=FILE, help="Rows or payloads: JSON, JSON lines, CSV, Parquet. "
                 "Otherwise true rows of the registered data."),
    click.option("--batch-rows", type=click.IntRange(1), default=1, help="Rows per request."),
    click.option("--check/--no-check", default=True, help="Look at every answer: JSON, number of rows."),
    click.option("--verify", is_flag=True, help="An answer must equal what the model itself says."),
]  # fmt: skip
GATES = [
    click.option("--gate", "gates", multiple=True, metavar="GATE",
                 help="p95<250ms, errors<0.1%, rps>200; exit code 8 when missed."),
    click.option("--abort-on", multiple=True, metavar="GATE", help="Stop as soon as this is missed."),
    click.option("--baseline", type=FILE, help="A saved result that this one must not be worse than ..."),
    click.option("--max-regression", default="10%", metavar="PERCENT", help="... by more than this."),
    click.option("--compare", type=FILE, help="Show the difference to a saved result."),
]  # fmt: skip
FILES = [
    click.option("--save", type=FILE, help="Save the result, for --compare and --baseline."),
    click.option("--html", type=FILE, help="Write the report as one HTML file."),
    click.option("--csv", type=FILE, help="Write rate and latency over time as CSV."),
    click.option("--junit", type=FILE, help="Write the gates as JUnit XML."),
    click.option("--hdr", type=FILE, help="Write an HdrHistogram log."),
]
MODES = [
    click.option("--find-limit", metavar="GATE", help="Find the highest rate that holds the gate."),
    click.option("--sizing", metavar="RPS,GATE", help="What rps=200,p95<50ms needs: workers, cores, memory."),
    click.option("--probe", is_flag=True, help="Send malformed and extreme payloads, show what came back."),
]


def options(*groups: list[Callable[..., Any]]) -> Callable[[Any], Any]:
    """All options of the groups, shown in this order."""

    def decorate(function: Any) -> Any:
        for option in reversed([option for group in groups for option in group]):
            function = option(function)
        return function

    return decorate


def fields(app: App, given: dict[str, Any], name: str | None) -> Options:
    """Of what click found, what says whom to load and how."""
    from mlops_cli.services.bench.subject import Options

    wanted = {key: value for key, value in given.items() if key in Options.__dataclass_fields__}
    ask = {"ask": lambda question: click.confirm(question, err=True)} if app.interactive else {}
    return Options(**{**wanted, **ask, "name": name})


def percent(text: str) -> float:
    """`10%` or `10` as 0.1."""
    try:
        value = float(text.removesuffix("%")) / 100
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise click.BadParameter(f"'{text}' is not a percentage", param_hint="--max-regression")
    return value

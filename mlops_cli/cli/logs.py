"""`mlops logs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_cli.cli.app import App
    from mlops_cli.domain.endpoints import LogLine


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option("--lines", "-n", type=click.IntRange(0), default=100, help="The last lines; 0: all of them.")
@click.option("--since", metavar="TIME", help="From then on: 10m, 2h, or 2026-01-31T12:00:00 (UTC).")
@click.option("--until", metavar="TIME", help="Up to then, written as for --since.")
@click.option("--level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
              help="This level and above.")  # fmt: skip
@click.option("--grep", metavar="REGEX", help="Only messages that match.")
@click.option("--request-id", metavar="ID", help="Only lines of this request (x-request-id).")
@pass_app
def logs(
    app: App,
    *,
    name: str | None,
    follow: bool,
    lines: int,
    since: str | None,
    until: str | None,
    level: str | None,
    grep: str | None,
    request_id: str | None,
) -> None:
    """Read the logs of an endpoint.

    They hold the service's own lines, what your script prints, and what became of its processes.

    With --output json it is one list, with --follow too one line of JSON per log line.
    """
    from mlops_cli.domain.endpoints import LogQuery
    from mlops_cli.services.deploy import endpoint_name
    from mlops_cli.services.logs import moment, warning

    endpoint = app.backend.endpoints.get(endpoint_name(app.config, name))
    from_, to = since and moment(since), until and moment(until)
    query = LogQuery(lines, from_, to, level, grep, request_id)  # type: ignore[arg-type]
    found = app.backend.endpoints.logs(endpoint.name, query, follow=follow)
    if note := warning(endpoint):
        app.say(note)
    if app.output == "table" or follow:
        _stream(app, found)
    else:
        app.show(list(found), lambda _console: None)


def _stream(app: App, lines: Iterator[LogLine]) -> None:
    import msgspec

    try:
        for line in lines:
            app.write(_text(line) if app.output == "table" else msgspec.json.encode(line).decode() + "\n")
    except KeyboardInterrupt:
        return


def _text(line: LogLine) -> str:
    """`2026-11-20 10:33:10.123 INFO    service  message`, the lines of a long message indented."""
    first, *more = line.message.splitlines() or [""]
    moment = line.time[:23].replace("T", " ")
    rest = "".join(f"    {text}\n" for text in more)
    return f"{moment} {line.level:<7} {line.source:<10} {first}\n{rest}"

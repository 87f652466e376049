"""`mlops swagger`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.services.scoring.client import ServiceClient

VERSIONS = click.Choice(["2", "3", "3.1"])
LANGUAGES = click.Choice(["curl", "python", "javascript"])


@click.command(cls=Command)
@click.argument("name", required=False)
@click.option("--version", type=VERSIONS, help="Swagger 2 (the default) or OpenAPI 3; --serve shows 3.1.")
@click.option("--save", type=click.Path(path_type=Path), help="Write the document there, not on stdout.")
@click.option("--check", is_flag=True, help="Validate it and call the service with its own example.")
@click.option("--diff", nargs=2, metavar="OLD NEW", help="Compare two endpoints or files; 8 if it breaks.")
@click.option("--snippet", type=LANGUAGES, help="Show a client that scores the example.")
@click.option("--serve", is_flag=True, help="Show Swagger UI in the browser until Ctrl-C.")
@click.option("--port", type=click.IntRange(0, 65535), default=9000, help="Port of --serve; 0: a free one.")
@click.option("--authorize", is_flag=True, help="Let --serve send the endpoint's key with each call.")
@pass_app
def swagger(
    app: App, *, name: str | None, version: str | None, diff: tuple[str, str] | None, serve: bool, **how: Any
) -> int | None:
    """Show the Swagger document of an endpoint.

    --serve needs no network: type a key under Authorize, open POST /score and press Execute.
    """
    check, save = how["check"], how["save"]
    _one_of(diff=diff, serve=serve, snippet=how["snippet"], check=check, save=save and not check)
    if diff:
        return _diff(app, *diff)
    from mlops_cli.services.deploy import endpoint_name
    from mlops_cli.services.scoring import client

    with client.connect(app.backend, endpoint_name(app.config, name)) as to:
        if serve:
            _serve(app, to, version or "3.1", how["port"], authorize=how["authorize"])
        elif how["snippet"]:
            _snippet(app, to, how["snippet"])
        else:
            _show(app, to, version or "2", save, check=check)
    return None


def _one_of(**ways: object) -> None:
    """Raise UsageError where one way of using the document would be passed over for another."""
    names = [f"--{name}" for name, is_asked in ways.items() if is_asked]
    if len(names) > 1:
        raise click.UsageError(f"{names[0]} and {names[1]} are two commands")


def _show(app: App, to: ServiceClient, version: str, save: Path | None, *, check: bool) -> None:
    from mlops_cli.services.swagger.document import check as check_document

    document = to.swagger(version)
    if save:
        from mlops_cli.writing import write_text

        write_text(app.cwd / save, json.dumps(document, indent=2) + "\n")
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


def _serve(app: App, to: ServiceClient, version: str, port: int, *, authorize: bool) -> None:
    from mlops_cli.services.swagger.ui import serve

    server, url = serve(to, version, port, authorize=authorize)
    with server:
        app.show({"url": url}, lambda _console: app.write(f"{url}\n"))
        app.say("Ctrl-C ends it")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            app.say("")


def _snippet(app: App, to: ServiceClient, language: str) -> None:
    from mlops_cli.services.swagger.snippets import snippet

    text = snippet(to.endpoint, to.swagger("3.1"), language)
    app.show({"language": language, "text": text}, lambda _console: app.write(text))


def _diff(app: App, old: str, new: str) -> int | None:
    from mlops_cli.services.swagger.diff import compare, load, text
    from mlops_cli.status import ExitCode

    found = compare(load(app.backend, old, app.cwd), load(app.backend, new, app.cwd))
    app.show(found, lambda _console: app.write(text(found)))
    return ExitCode.GATE_MISSED if found.breaking else None

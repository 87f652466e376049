"""`mlops endpoints …`: what is deployed, its keys, and its life."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Group, Lazy, pass_app
from mlops_cli.cli.options import tag_option, tags_of

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.domain.endpoints import Endpoint


DATA = Lazy("mlops_cli.cli.collected:data", "Show or fetch what an endpoint has scored and answered.")


@click.group(cls=Group, lazy={"data": DATA})
def endpoints() -> None:
    """Deployed services and their keys."""


@endpoints.command("list")
@pass_app
def list_endpoints(app: App) -> None:
    """List what is deployed."""
    from mlops_cli.cli.tables import plain
    from mlops_cli.services.deploy import document

    found = app.backend.endpoints.list()
    rows = [(e.name, e.state, _model(e), e.auth, e.scoring_uri) for e in found]
    header = ("name", "state", "model", "auth", "scoring uri")
    empty = "nothing is deployed yet: mlops deploy"
    app.show([document(e) for e in found], lambda console: plain(console, header, rows, empty=empty))


@endpoints.command()
@click.argument("name")
@pass_app
def show(app: App, *, name: str) -> None:
    """Show one endpoint."""
    _show(app, app.backend.endpoints.get(name))


@endpoints.command()
@click.argument("name")
@click.option("--regenerate", type=click.Choice(["primary", "secondary"]), help="Replace this key first.")
@pass_app
def keys(app: App, *, name: str, regenerate: str | None) -> None:
    """Show the two keys of an endpoint; either opens it."""
    backend = app.backend.endpoints
    found = backend.regenerate(name, regenerate) if regenerate else backend.keys(name)
    lines = f"primary    {found.primary}\nsecondary  {found.secondary}"
    app.show(found, lambda console: console.print(lines, soft_wrap=True, markup=False))
    auth = backend.get(name).auth
    if auth != "key":
        app.say(f"{name} has auth {auth}: these keys open it once it has auth key again")
    elif regenerate:
        app.say(f"the {regenerate} key is new; the other one still opens the service")


@endpoints.command()
@click.argument("name")
@pass_app
def token(app: App, *, name: str) -> None:
    """Make a token for an endpoint with token auth."""
    text, expires_on = app.backend.endpoints.token(name)
    shown = {"token": text, "expires_on": expires_on}
    app.show(shown, lambda console: console.print(text, soft_wrap=True, markup=False))
    app.say(f"it opens {name} until {expires_on}")


@endpoints.command()
@click.argument("name")
@pass_app
def start(app: App, *, name: str) -> None:
    """Bring a stopped endpoint up again at the same address."""
    _show(app, *app.backend.endpoints.start(name))


@endpoints.command()
@click.argument("name")
@pass_app
def stop(app: App, *, name: str) -> None:
    """End an endpoint's processes; its keys, address and model stay."""
    _show(app, *app.backend.endpoints.stop(name))
    app.say(f"Next: mlops endpoints start {name}")


@endpoints.command()
@click.argument("name")
@click.option("--app-insights/--no-app-insights", default=None, help="Record every request, or no more.")
@click.option("--collect-data/--no-collect-data", default=None, help="Keep what is scored and answered.")
@click.option("--auth", type=click.Choice(["key", "token", "none"]), help="What opens the service.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes, or replicas on aks.")
@tag_option
@pass_app
def update(app: App, *, name: str, tags: tuple[str, ...], **changes: Any) -> None:
    """Change settings of a running endpoint; no request is lost, keys stay."""
    from mlops_cli.domain.endpoints import EndpointUpdate

    wanted = EndpointUpdate(**changes, tags=tags_of(tags) or None)
    if wanted == EndpointUpdate():
        known = "--app-insights, --collect-data, --auth, --workers or --tag"
        raise click.UsageError(f"nothing to change: give {known}")
    _show(app, *app.backend.endpoints.update(name, wanted))


@endpoints.command()
@click.argument("name")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@pass_app
def delete(app: App, *, name: str, yes: bool) -> None:
    """End an endpoint; its keys, logs and collected data go too."""
    endpoint = app.backend.endpoints.get(name)
    if not yes:
        if not app.interactive:
            raise click.UsageError(f"to delete {name} without being asked, add --yes")
        click.confirm(f"Delete {name} ({endpoint.scoring_uri})?", abort=True, err=True)
    app.backend.endpoints.delete(name)
    app.show({"name": name, "deleted": True}, lambda console: console.print(f"{name} deleted"))


def draw(console: Console, endpoint: Endpoint) -> None:
    """The endpoint for people."""
    lines = {
        "state": f"{endpoint.state}{f' ({endpoint.error})' if endpoint.error else ''}",
        "model": _model(endpoint),
        "scoring": endpoint.scoring_uri,
        "swagger": endpoint.swagger_uri,
        "form": endpoint.scoring_uri.removesuffix("/score") + "/ui" if endpoint.port else "",
        "auth": endpoint.auth,
        "workers": f"{endpoint.workers} ({endpoint.target})",
        "engine": _engine(endpoint),
        "insights": "on" if endpoint.app_insights else "off",
        "data": "collected" if endpoint.collect_data else "",
        "revision": f"{endpoint.revision}, changed {endpoint.updated_at[:16].replace('T', ' ')} UTC",
        "tags": ", ".join(f"{key}={value}" for key, value in endpoint.tags.items()),
    }
    console.print(endpoint.name, style="bold")
    for key, value in lines.items():
        if value:
            console.print(f"  {key:<9} {value}", soft_wrap=True, markup=False)


def _show(app: App, endpoint: Endpoint, changed: bool = False) -> None:
    from mlops_cli.services.deploy import document

    app.show(document(endpoint, changed=changed), lambda console: draw(console, endpoint))


def _engine(endpoint: Endpoint) -> str:
    reason = f" ({endpoint.engine_reason})" if endpoint.engine_reason else ""
    return shorten(f"{endpoint.engine or ''}{reason}", 68, placeholder=" ...)")


def _model(endpoint: Endpoint) -> str:
    return f"{endpoint.model_name}:{endpoint.model_version}" if endpoint.model_name else "own script"

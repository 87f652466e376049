"""`mlops pipeline list|enable|disable|rollback|token`: published pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app
from mlops_cli.cli.options import split_version

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.domain.publishing import PublishedPipeline

name_argument = click.argument("name", metavar="NAME[:VERSION]")


@click.command("list", cls=Command)
@click.argument("name", required=False)
@pass_app
def list_versions(app: App, *, name: str | None) -> None:
    """List published pipelines and their versions, newest first."""
    from mlops_cli.cli.tables import plain
    from mlops_cli.services.pipelines.publish import version_document

    found = app.backend.pipelines.published(name)
    rows = [
        (one.name, f"v{one.version}", _standing(one),
         one.created_at[:16].replace("T", " "), one.content_hash[:12],
         f"{(one.git_commit or '')[:8]}{'*' if one.git_dirty else ''}")
        for one in found
    ]  # fmt: skip
    header = ("pipeline", "version", "", "created (UTC)", "content", "commit")
    empty = "nothing is published yet: mlops pipeline publish"
    app.show(
        [version_document(one) for one in found], lambda console: plain(console, header, rows, empty=empty)
    )


def _standing(version: PublishedPipeline) -> str:
    off = not (version.enabled and version.pipeline_enabled)
    return ", ".join(["default"] * version.is_default + ["disabled"] * off)


@click.command(cls=Command)
@name_argument
@pass_app
def enable(app: App, *, name: str) -> None:
    """Let a pipeline, or one version, be triggered again."""
    _switch(app, name, enabled=True)


@click.command(cls=Command)
@name_argument
@pass_app
def disable(app: App, *, name: str) -> None:
    """Let a pipeline, or one version, not be triggered any more."""
    _switch(app, name, enabled=False)


def _switch(app: App, name: str, *, enabled: bool) -> None:
    base, version = split_version(name)
    changed = app.backend.pipelines.set_enabled(base, version, enabled)
    shown = {"name": base, "version": version, "enabled": enabled, "changed": changed}
    state = "enabled" if enabled else "disabled"
    app.show(shown, lambda c: c.print(f"{name}: {state}{'' if changed else ' already'}", markup=False))


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--to", type=click.IntRange(1), metavar="VERSION", help="The version; by default the one before."
)
@pass_app
def rollback(app: App, *, name: str, to: int | None) -> None:
    """Make an earlier version the default again."""
    from mlops_cli.services.pipelines.publish import rollback as roll_back
    from mlops_cli.services.pipelines.publish import version_document

    version, changed = roll_back(app.backend.pipelines, name, to)
    word = "is now" if changed else "was already"
    shown = version_document(version) | {"changed": changed}
    app.show(shown, lambda c: c.print(f"v{version.version} {word} the default of {name}", markup=False))


@click.command(cls=Command)
@pass_app
def token(app: App) -> None:
    """Print a bearer token for the REST endpoints."""
    value, expires = app.backend.pipelines.token()
    shown = {"token": value, "expires_on": expires}
    app.show(shown, lambda console: console.print(value, markup=False, soft_wrap=True))
    app.say(f"expires {expires}")

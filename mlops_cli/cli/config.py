"""`mlops config …`: show, validate and explain profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Group, pass_app

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.config import LoadedProfile
    from mlops_cli.config.explain import Explanation


@click.group(cls=Group)
def config() -> None:
    """Show, validate and explain profiles."""


@config.command()
@pass_app
def show(app: App) -> None:
    """Print the profile in effect as YAML: parents, variables and flags put in, secrets left out."""
    from mlops_cli.cli.app import encode
    from mlops_cli.config.show import show as effective

    values = effective(app.config)
    app.show(values, lambda _: app.write(encode(values, "yaml")))


@config.command()
@pass_app
def validate(app: App) -> None:
    """Check the profile and list every problem, with file, line and key."""
    loaded = app.config
    document = {
        "valid": True,
        "profile": str(loaded.path) if loaded.path else None,
        "backend": loaded.profile.backend,
        "unset": loaded.unset,
        "warnings": loaded.warnings,
    }
    app.show(document, lambda _: app.write("\n".join(_verdict(loaded)) + "\n"))


@config.command()
@click.argument("key")
@pass_app
def explain(app: App, *, key: str) -> None:
    """Say where the value of KEY came from, what it overrides and what may stand there."""
    from mlops_cli.config.explain import explain as explanation

    found = explanation(app.config, key)
    app.show(found, lambda _: app.write("\n".join(_story(found)) + "\n"))


@config.command()
@pass_app
def schema(app: App) -> None:
    """Print the JSON Schema of a profile, for editors."""
    from mlops_cli.cli.app import encode
    from mlops_cli.config.schema import json_schema, schema_text

    app.write(encode(json_schema(), "yaml") if app.output == "yaml" else schema_text())


def _verdict(loaded: LoadedProfile) -> list[str]:
    name = loaded.path.name if loaded.path else "no profile, defaults only"
    notes = [f"note: {u.where}: {u.key}: {u.variable} is not set" for u in loaded.unset]
    warnings = [f"warning: {line}" for line in loaded.warnings]
    return [f"valid: {name} (backend {loaded.profile.backend})", *notes, *warnings]


def _story(found: Explanation) -> list[str]:
    if found.keys:
        return [found.key, f"  {found.description}", _row("keys", ", ".join(found.keys))]
    rows = [_row("from", found.source)]
    rows += [_row("instead of", f"{_text(old.value)} ({old.source})") for old in found.overrides]
    rows += [_row("expects", found.expects), _row("default", _text(found.default))]
    rows += [_row("variable", found.variable)] if found.variable else []
    return [f"{found.key} = {_text(found.value)}", f"  {found.description}", *rows]


def _row(title: str, text: str) -> str:
    return click.wrap_text(text, 80, initial_indent=f"  {title:<12}", subsequent_indent=" " * 14)


def _text(value: Any) -> str:
    import msgspec

    return "nothing" if value in (None, [], {}) else msgspec.json.encode(value).decode()

"""`mlops init`: a profile for a data file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app

if TYPE_CHECKING:
    from mlops_cli.cli.app import App

PROFILE = """\
backend: local
data: {{name: {name}, path: {path}, label: {label}}}
train: {{task: {task}, experiment_timeout_minutes: 1}}
deploy: {{name: {name}, auth: key}}
"""


@click.command(cls=Command)
@click.argument("data", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--label", required=True, help="The column to predict.")
@click.option("--task", type=click.Choice(["classification", "regression"]), default="classification")
@click.option("--name", help="Name of data, model and endpoint; default the file's.")
@click.option("--force", is_flag=True, help="Replace a profile that is there.")
@pass_app
def init(app: App, *, data: Path, label: str, task: str, name: str | None, force: bool) -> None:
    """Write a profile for a data file of yours.

    It is configs/local.yaml, which is used when no profile is named; with --profile NAME configs/NAME.yaml.
    """
    from mlops_cli.errors import UsageError
    from mlops_cli.writing import errors_of, write_text

    target = app.cwd / "configs" / f"{(app.profile_name or 'local').removesuffix('.yaml')}.yaml"
    if target.parent != app.cwd / "configs":
        raise UsageError("init writes a profile in configs/", hint="--profile takes a name here, and no file")
    if target.exists() and not force:
        raise UsageError(f"{target} exists already", hint="edit it, or replace it with --force")
    shown = data.resolve().relative_to(app.cwd) if data.resolve().is_relative_to(app.cwd) else data.resolve()
    clean = _quoted(_name(name or data.stem))
    with errors_of(target):
        target.parent.mkdir(exist_ok=True)
    write_text(target, PROFILE.format(name=clean, path=_quoted(str(shown)), label=_quoted(label), task=task))
    app.show({"profile": str(target)}, lambda console: console.print(f"wrote {target.relative_to(app.cwd)}"))
    app.say("Next: mlops train")


def _name(text: str) -> str:
    """The text as a name that data, models and endpoints may have, on Azure too."""
    import re
    import unicodedata

    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall("[a-z0-9]+", plain)
    if not "".join(words)[:1].isalpha():
        words.insert(0, "data")
    found = "-".join(words)[:32].rstrip("-")
    return found if len(found) > 2 else f"{found}-data"


def _quoted(text: str) -> str:
    """The text as a YAML scalar that is always a string."""
    import json

    return json.dumps(text, ensure_ascii=False)

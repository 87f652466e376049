"""`mlops models …`: the model registry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Group, pass_app
from mlops_cli.cli.options import split_version, tag_option, tags_of

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.domain.explanation import Explanation, RowExplanation
    from mlops_cli.domain.runs import Model

_LEAST_SHOWN = 0.001
_PARTS_SHOWN = 8
_NAME_WIDTH = 28


@click.group(cls=Group)
def models() -> None:
    """Registered models."""


@models.command("list")
@click.argument("name", required=False)
@pass_app
def list_models(app: App, *, name: str | None) -> None:
    """List registered models, newest version first."""
    from mlops_cli.cli.tables import plain

    found = app.backend.models.list(name)
    rows = [(m.name, m.version, m.algorithm or "", m.dataset or "", m.created_at[:16]) for m in found]
    header = ("name", "version", "algorithm", "data", "created")
    app.show(found, lambda console: plain(console, header, rows, empty="no models yet: mlops train"))


@models.command()
@click.argument("name", metavar="NAME[:VERSION]")
@pass_app
def show(app: App, *, name: str) -> None:
    """Show one version of a model, the newest by default."""
    model = app.backend.models.get(*split_version(name))
    app.show(model, lambda console: _draw(console, model))


def _draw(console: Console, model: Model) -> None:
    from rich.text import Text

    from mlops_cli.cli.tables import hanging

    name = (f"{model.name}:{model.version}", "bold")
    console.print(Text.assemble(name, f"  {model.algorithm or ''} {model.task or ''}"))
    about = {"data": model.dataset, "run": model.run_id, "created": model.created_at, "folder": model.path}
    for key, value in about.items():
        if value:
            console.print(f"  {key:<8} {value}", soft_wrap=True)
    inputs = model.model_schema.inputs if model.model_schema else []
    long = {
        title: ", ".join(f"{k} {v:.5g}" if isinstance(v, float) else f"{k} {v}" for k, v in pairs.items())
        for title, pairs in (("metrics", model.metrics), ("packages", model.packages), ("tags", model.tags))
    } | {"inputs": ", ".join(f"{field.name} ({field.type})" for field in inputs)}
    hanging(console, [(f"  {title:<8}", text) for title, text in long.items() if text])


@models.command()
@click.argument("source", metavar="RUN_ID|FOLDER")
@click.option("--name", required=True, help="Name to register under.")
@tag_option
@pass_app
def register(app: App, *, source: str, name: str, tags: tuple[str, ...]) -> None:
    """Register the best model of a run, or a folder of your own."""
    from mlops_cli.services.models import register as register_model

    model, new = register_model(app.backend.models, source, name, tags_of(tags), app.cwd)
    state = "registered" if new else "unchanged"
    shown = {"name": model.name, "version": model.version, "changed": new, "path": model.path}
    app.show(shown, lambda console: console.print(f"{model.name}:{model.version} {state}"))


@models.command()
@click.argument("name", metavar="NAME[:VERSION]")
@click.option("--to", "target", type=click.Path(path_type=Path), help="Folder to write; default ./NAME.")
@pass_app
def download(app: App, *, name: str, target: Path | None) -> None:
    """Copy a model's folder to where you want it."""
    base, version = split_version(name)
    folder = app.backend.models.download(base, version, app.cwd / (target or base))
    app.show({"path": str(folder)}, lambda console: console.print(str(folder), soft_wrap=True))


@models.command()
@click.argument("name", metavar="NAME[:VERSION]")
@click.option("--data", metavar="FILE|-", help="Rows to explain one by one: JSON, CSV or Parquet.")
@pass_app
def explain(app: App, *, name: str, data: str | None) -> None:
    """Show which columns the model's answers rest on.

    Importances are mean absolute Shapley values, sampled on training rows. With --data also what each column adds
    to the answer for each row.
    """
    from mlops_cli.cli.reading import read
    from mlops_cli.services.models import explain as explain_model

    content, where = read(app, data) if data else (None, "")
    found = explain_model(app.backend, *split_version(name), content, where)
    app.show(found, lambda console: _draw_explanation(console, found))


def _draw_explanation(console: Console, found: Explanation) -> None:
    for name, share in found.importances.items():
        if share >= _LEAST_SHOWN:
            console.print(f"{_fit(name)} {share:6.1%} {'█' * round(share * 40)}", markup=False)
    for number, row in enumerate(found.rows, start=1):
        _draw_row(console, number, row)


def _draw_row(console: Console, number: int, row: RowExplanation) -> None:
    """The answer as a sum: where it starts on average, and what moves it most."""
    console.print(f"\nrow {number}: {row.prediction}; {row.output} {row.value:.4g}", markup=False)
    console.print(f"{_fit('  on average')} {row.base:+10.4g}")
    parts = list(row.contributions.items())
    for name, part in parts[:_PARTS_SHOWN]:
        console.print(f"{_fit('  ' + name)} {part:+10.4g}", markup=False)
    if rest := parts[_PARTS_SHOWN:]:
        console.print(f"{_fit(f'  {len(rest)} others')} {sum(part for _, part in rest):+10.4g}")


def _fit(name: str) -> str:
    return f"{name[:_NAME_WIDTH]:<{_NAME_WIDTH}}"

"""`mlops runs …`: AutoML runs and their child runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Group, pass_app

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.domain.runs import Run


@click.group(cls=Group)
def runs() -> None:
    """AutoML runs and their child runs."""


@runs.command("list")
@click.option("--experiment", help="Only runs of this experiment.")
@pass_app
def list_runs(app: App, *, experiment: str | None) -> None:
    """List runs, newest first."""
    from mlops_cli.cli.tables import plain
    from mlops_cli.services.training.train import document

    found = app.backend.runs.list(experiment=experiment)
    documents = [document(run, app.backend.runs.children(run.run_id)) for run in found]
    rows = [
        (d["run_id"], d["experiment"], d["status"], (d["best"] or {}).get("algorithm") or "", _score(d))
        for d in documents
    ]
    header = ("run", "experiment", "status", "best", "score")
    app.show(documents, lambda console: plain(console, header, rows, empty="no runs yet: mlops train"))


def _score(document: dict) -> str:
    metrics = (document["best"] or {}).get("metrics", {})
    value = metrics.get(document["primary_metric"])
    return "" if value is None else f"{value:.5f}"


@runs.command()
@click.argument("run_id")
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Write one HTML page with everything."
)
@pass_app
def show(app: App, *, run_id: str, html: Path | None) -> None:
    """Show a run: its outcome, its best model and all its metrics."""
    from mlops_cli.services.training.train import document

    if html:
        return _write_page(app, run_id, html)
    run = app.backend.runs.get(run_id)
    children = app.backend.runs.children(run_id)
    more = {
        "error": run.error,
        "created_at": run.created_at,
        "settings": run.properties["request"]["settings"],
    }
    return app.show(document(run, children) | more, lambda console: show_run(app, console, run, children))


def _write_page(app: App, run_id: str, html: Path) -> None:
    from mlops_cli.services.training.report import page
    from mlops_cli.writing import write_text

    write_text(app.cwd / html, page(app.backend, run_id))
    app.show({"html": str(html)}, lambda console: console.print(f"written to {html}", markup=False))


@runs.command()
@click.argument("run_id")
@pass_app
def leaderboard(app: App, *, run_id: str) -> None:
    """List the child runs of a run, best first."""
    from mlops_cli.cli.leaderboard import draw
    from mlops_cli.services.training import train

    run = app.backend.runs.get(run_id)
    children = app.backend.runs.children(run_id)
    ranked = [train.row(child) for child in train.leaderboard(run, children)]
    app.show(ranked, lambda console: draw(app, console, run, children, rows=None))


@runs.command()
@click.argument("run_id")
@pass_app
def logs(app: App, *, run_id: str) -> None:
    """Print what the trainer wrote."""
    app.show_lines(app.backend.runs.logs(run_id))


@runs.command()
@click.argument("run_id")
@pass_app
def cancel(app: App, *, run_id: str) -> None:
    """Stop a run. Its finished child runs stay."""
    from mlops_cli.services.training.train import document

    run = app.backend.runs.cancel(run_id)
    shown = document(run, app.backend.runs.children(run_id))
    app.show(shown, lambda console: console.print(f"{run.run_id}: {run.status}"))


def show_run(app: App, console: Console, run: Run, children: list[Run]) -> None:
    """The run as people read it: the leaderboard, then the best child run with its metrics."""
    from mlops_cli.cli import metrics
    from mlops_cli.cli.leaderboard import draw
    from mlops_cli.services.training.train import best_child

    if children:
        draw(app, console, run, children)
    best = best_child(run, children)
    took = f" in {run.duration_seconds:.0f} s" if run.duration_seconds else ""
    console.print(f"run {run.run_id}: {run.status}{took}")
    if run.error:
        console.print(f"error: {run.error}", markup=False)
    if best:
        console.print(f"best {best.algorithm} ({best.run_id})")
        if reason := run.properties.get("reason"):
            console.print(f"note: {reason}", markup=False)
        metrics.draw(console, best.metrics)
    if model := run.properties.get("model"):
        console.print(f"model {model['name']}:{model['version']}")

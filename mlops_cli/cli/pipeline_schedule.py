"""`mlops pipeline schedule …`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlops_cli.cli.command import Group, Lazy, pass_app

if TYPE_CHECKING:
    from rich.console import Console

    from mlops_cli.cli.app import App
    from mlops_cli.domain.schedules import Schedule

COMMANDS = {
    "create": Lazy(
        "mlops_cli.cli.pipeline_schedule_create:create", "Run a published pipeline again and again."
    ),
}
NO_FIRES = {"data": "on change", "cron": "never", "recurrence": "never"}


@click.group(cls=Group, lazy=COMMANDS)
def schedule() -> None:
    """Run published pipelines by the clock, or when data change."""


@schedule.command("list")
@pass_app
def list_schedules(app: App) -> None:
    """List schedules with their next fire and their last result."""
    from mlops_cli.cli.tables import plain
    from mlops_cli.services.pipelines import schedules

    backend = app.backend.pipelines
    known = backend.schedules()
    documents = [schedules.document(backend, one) for one in known]
    rows = [
        (one.name, one.pipeline, schedules.words(one), _next(shown), _last(shown))
        for one, shown in zip(known, documents, strict=True)
    ]
    header = ("schedule", "pipeline", "when", "next fire", "last result")
    empty = "no schedules yet: mlops pipeline schedule create"
    app.show(documents, lambda console: plain(console, header, rows, empty=empty))
    _tell_silence(app, known)


@schedule.command()
@click.argument("name")
@pass_app
def show(app: App, *, name: str) -> None:
    """Show a schedule, its next fires and its last ones."""
    from mlops_cli.services.pipelines import schedules

    backend = app.backend.pipelines
    found = backend.schedule(name)
    history = [schedules.fire_document(backend, fire) for fire in backend.fires(name)]
    shown = schedules.document(backend, found) | {"history": history}
    app.show(shown, lambda console: draw(console, shown, schedules.words(found)))
    _tell_silence(app, [found])


@schedule.command()
@click.argument("name")
@pass_app
def disable(app: App, *, name: str) -> None:
    """Let a schedule fire no more until it is enabled."""
    app.backend.pipelines.set_schedule_enabled(name, False)
    _say(app, name, "disabled")


@schedule.command()
@click.argument("name")
@pass_app
def enable(app: App, *, name: str) -> None:
    """Let a schedule fire again. What it would have fired in between is not made up for."""
    app.backend.pipelines.set_schedule_enabled(name, True)
    _say(app, name, "enabled")


@schedule.command()
@click.argument("name")
@pass_app
def delete(app: App, *, name: str) -> None:
    """Delete a schedule and its history. Its runs stay."""
    app.backend.pipelines.delete_schedule(name)
    _say(app, name, "deleted")


@schedule.command()
@click.argument("name")
@click.option("--at", required=True, metavar="TIME", help="A moment, as in 2026-03-29T06:30.")
@pass_app
def test(app: App, *, name: str, at: str) -> None:
    """Say what would happen at a moment, and when it would fire after that. Nothing is run."""
    from mlops_cli.services.pipelines import schedules

    backend = app.backend.pipelines
    shown = schedules.rehearse(backend, backend.schedule(name), at)
    app.show(shown, lambda console: _draw_test(console, shown))


def draw(console: Console, shown: dict[str, Any], when: str) -> None:
    """A schedule as people read it."""
    version = f" v{shown['version']}" if shown.get("version") else ""
    state = "" if shown["enabled"] else " (disabled)"
    console.print(f"{shown['name']}: {shown['pipeline']}{version}, {when}{state}", markup=False)
    draw_fires(console, shown["next_fires"])
    for fire in shown.get("history", []):
        missed = f", {fire['missed']} missed before it" if fire.get("missed") else ""
        outcome = fire.get("error") or f"{fire['run_id']} {fire['status']}"
        console.print(f"  {fire['due']}  {outcome}{missed}", markup=False, soft_wrap=True)


def draw_fires(console: Console, fires: list[dict[str, str]]) -> None:
    from mlops_cli.cli.tables import plain

    if fires:
        rows = [(fire["local"].replace("T", " "), fire["utc"].replace("T", " ")) for fire in fires]
        plain(console, ("next fires", "UTC"), rows, empty="")


def _draw_test(console: Console, shown: dict[str, Any]) -> None:
    run = shown["would_run"]
    what = "fires" if shown["fires"] else "does not fire"
    state = "" if shown["enabled"] else " (disabled)"
    console.print(f"{shown['at']['local']}: {what}{state}", markup=False)
    console.print(run["problem"] or f"would run {run['pipeline']} v{run['version']}", markup=False)
    draw_fires(console, shown["next_fires"])


def _next(shown: dict[str, Any]) -> str:
    if not shown["enabled"]:
        return "disabled"
    fires = shown["next_fires"]
    return fires[0]["local"][:16].replace("T", " ") if fires else NO_FIRES[shown["when"]["kind"]]


def _last(shown: dict[str, Any]) -> str:
    last = shown["last"]
    return "" if last is None else str(last.get("error") or last["status"])


def _tell_silence(app: App, known: list[Schedule]) -> None:
    from mlops_cli.services.pipelines import schedules

    if why := schedules.silence(app.backend.pipelines, known):
        app.say(why)


def _say(app: App, name: str, state: str) -> None:
    app.show({"name": name, "state": state}, lambda console: console.print(f"{name}: {state}", markup=False))

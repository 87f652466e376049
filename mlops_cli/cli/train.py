"""`mlops train`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from mlops_cli.cli.command import Command, pass_app
from mlops_cli.cli.options import check_timeout, dry_run_option, timeout_option, wait_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops_cli.cli.app import App
    from mlops_cli.domain.runs import Run


@click.command(cls=Command)
@click.option(
    "--data", "dataset", metavar="NAME[:VERSION]", help="A registered dataset, not the profile's file."
)
@click.option("--new", is_flag=True, help="Start anew even if the same run is unfinished.")
@wait_option
@timeout_option
@dry_run_option
@pass_app
def train(
    app: App, *, dataset: str | None, new: bool, wait: bool, timeout: float | None, dry_run: bool
) -> None:
    """Train with AutoML and register the best model.

    The data, the task and all settings come from the profile. A run that was interrupted, by Ctrl-C or by a
    kill, is taken up again by the same command.
    """
    from mlops_cli.services.training import plan as training_plan

    check_timeout(wait)
    request, note = training_plan.plan(app.config, app.backend.data, dataset, dry_run=dry_run)
    request.always_new = new
    app.say(note)
    if dry_run:
        return app.show(request, lambda console: console.print("dry run: nothing was started"))
    run, created = app.backend.runs.start(request)
    with _going_on(run.run_id, new):
        app.say(f"{'run' if created else 'following the unfinished run'} {run.run_id}")
        if wait:
            run = _follow(app, run.run_id, timeout)
        return _show(app, run)


def _follow(app: App, run_id: str, timeout: float | None) -> Run:
    from mlops_cli.cli.leaderboard import LiveLeaderboard
    from mlops_cli.services.training.train import check_outcome, follow

    with LiveLeaderboard(app) as board:
        run = follow(app.backend, run_id, board.update, timeout)
    check_outcome(run)
    return run


@contextlib.contextmanager
def _going_on(run_id: str, new: bool) -> Iterator[None]:
    """Ctrl-C ends the wait; the run does not notice. With --new the same command would start another."""
    from mlops_cli.errors import InterruptedByUserError, MlopsError

    same, again = "the same train command", "the same train command without --new"
    try:
        yield
    except KeyboardInterrupt:
        hint = f"follow it with {again if new else same}, or stop it: mlops runs cancel {run_id}"
        raise InterruptedByUserError(f"no longer waiting; run {run_id} goes on", hint=hint) from None
    except MlopsError as error:
        error.hint = (error.hint or "").replace(same, again) if new else error.hint
        raise


def _show(app: App, run: Run) -> None:
    from mlops_cli.cli.runs import show_run
    from mlops_cli.services.training.train import document

    children = app.backend.runs.children(run.run_id)
    app.show(document(run, children), lambda console: show_run(app, console, run, children))
    model = run.properties.get("model")
    app.say(f"Next: mlops deploy --model {model['name']}" if model else f"Next: mlops runs show {run.run_id}")

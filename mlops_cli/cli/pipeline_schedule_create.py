"""`mlops pipeline schedule create`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mlops_cli.cli.command import Command, pass_app
from mlops_cli.cli.options import split_version
from mlops_cli.cli.pipeline_run import data_option, experiment_option, param_option

if TYPE_CHECKING:
    from mlops_cli.cli.app import App
    from mlops_cli.domain.schedules import WeekDay, When

FREQUENCIES = ["Minute", "Hour", "Day", "Week", "Month"]
GOES_WITH = {
    "--every": ("interval", "hours", "minutes", "week_days", "start"),
    "--cron or --every": ("time_zone",),
    "--on-change or --on-dataset": ("poll_minutes", "data_parameter"),
}


@click.command(cls=Command)
@click.argument("name")
@click.argument("pipeline", metavar="PIPELINE[:VERSION]")
@click.option("--cron", metavar="EXPRESSION", help="Minute, hour, day, month, week day: '30 6 * * mon-fri'.")
@click.option("--every", type=click.Choice(FREQUENCIES, case_sensitive=False), help="Azure's recurrence.")
@click.option("--interval", type=click.IntRange(1), default=1, help="Every so many of these.")
@click.option("--hours", metavar="H,H", help="Hours of the day, with Day or Week.")
@click.option("--minutes", metavar="M,M", help="Minutes of the hour, with Day or Week.")
@click.option("--week-days", metavar="DAY,DAY", help="Days such as Monday, with Week.")
@click.option("--start", metavar="TIME", help="When the recurrence begins, as in 2026-07-01T06:30.")
@click.option("--time-zone", metavar="NAME", help="IANA name; this machine's when absent.")
@click.option("--on-change", metavar="PATH", help="Run when a file or folder changes.")
@click.option("--on-dataset", metavar="NAME", help="Run when a dataset has a new version.")
@click.option("--poll-minutes", type=float, default=5.0, help="How often to look for a change.")
@click.option("--data-parameter", metavar="NAME", help="The pipeline's data that the change is passed as.")
@click.option("--catch-up/--no-catch-up", default=True, help="Make up for missed fires with one run.")
@click.option("--run-now", is_flag=True, help="Run once at once, too.")
@param_option
@data_option
@experiment_option
@pass_app
def create(app: App, *, name: str, pipeline: str, run_now: bool, catch_up: bool, **given: Any) -> None:
    """Run a published pipeline again and again.

    It prints the next five fire times and runs nothing now. Times are wall times of the time zone: one that
    the clocks skip fires right after the gap, one that comes twice fires the first time. Fires that were
    missed while no pipeline server ran are made up for by one run.
    """
    from mlops_cli.cli.pipeline_schedule import draw
    from mlops_cli.services.pipelines import publish, schedules
    from mlops_cli.services.pipelines import runs as pipelines

    base, version = split_version(pipeline)
    data = pipelines.pairs(given["data"], "--data")
    request = pipelines.request(pipelines.pairs(given["params"], "--param"), data, given["experiment"])
    wanted = schedules.new(name, base, version, _when(app, given), request)
    wanted.catch_up = catch_up
    backend = app.backend.pipelines
    made = backend.add_schedule(wanted)
    shown = schedules.document(backend, made)
    if run_now:
        shown["run_id"] = publish.trigger(backend, base, version, request)["Id"]
        app.say(f"run {shown['run_id']} of {base}")
    app.show(shown, lambda console: draw(console, shown, schedules.words(made)))


def _when(app: App, given: dict[str, Any]) -> When:
    from mlops_cli.domain.schedules import Cron, DataChange, Recurrence
    from mlops_cli.services.pipelines import schedules

    kinds = [key for key in ("cron", "every", "on_change", "on_dataset") if given[key]]
    if len(kinds) != 1:
        raise click.UsageError("give one of --cron, --every, --on-change and --on-dataset")
    _check_company(kinds[0])
    zone = given["time_zone"] or schedules.local_zone(app.environ)
    if given["cron"]:
        return Cron(given["cron"], zone)
    if given["every"]:
        return Recurrence(
            given["every"],
            given["interval"],
            given["start"],
            zone,
            _numbers(given["hours"], "--hours", 23),
            _numbers(given["minutes"], "--minutes", 59),
            _days(given["week_days"]),
        )
    path = given["on_change"]
    if path and "://" not in path:
        path = str(app.cwd / path)
    return DataChange(path, given["on_dataset"], given["poll_minutes"], given["data_parameter"])


def _check_company(kind: str) -> None:
    """Raises UsageError for an option that the chosen kind of schedule would pass over."""
    context = click.get_current_context()
    for kinds, names in GOES_WITH.items():
        for name in names if f"--{kind}".replace("_", "-") not in kinds.split() else ():
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
                raise click.UsageError(f"--{name.replace('_', '-')} goes with {kinds}")


def _numbers(text: str | None, flag: str, most: int) -> list[int]:
    words = _words(text)
    wrong = [word for word in words if not (word.isdecimal() and int(word) <= most)]
    if wrong:
        raise click.BadParameter(f"'{wrong[0]}' is no number from 0 to {most}", param_hint=flag)
    return [int(word) for word in words]


def _days(text: str | None) -> list[WeekDay]:
    from mlops_cli.domain.schedules import WEEK_DAYS

    days: list[WeekDay] = []
    for word in _words(text):
        found = [day for day in WEEK_DAYS if len(word) > 2 and day.lower().startswith(word.lower())]
        if not found:
            raise click.BadParameter(f"'{word}' is no day of the week", param_hint="--week-days")
        days += found
    return days


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]

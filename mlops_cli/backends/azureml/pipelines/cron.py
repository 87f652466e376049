"""Cron expressions as Azure's recurrences, where one says exactly the same."""

from __future__ import annotations

from typing import Any

from mlops_cli.domain.schedules import WEEK_DAYS, Cron, Frequency, Recurrence
from mlops_cli.engine.pipelines.cron import expand
from mlops_cli.errors import UsageError

ANY = ["*"]


def recurrence(cron: Cron) -> Recurrence:
    """What fires when the expression does. Raises UsageError naming what Azure's recurrence cannot say."""
    (minutes, hours, days, months, week_days), nth = expand(cron.expression)
    named = not cron.expression.split()[2].startswith(("*", "?"))  # 1-31 beside a week day is every day
    _refuse(cron, "days of the month", named or days != ANY)
    _refuse(cron, "months", months != ANY)
    _refuse(cron, "the nth week day of a month", bool(nth))
    names = [] if week_days == ANY else [WEEK_DAYS[(day - 1) % 7] for day in week_days]
    if hours == ANY and not names and (step := _step(minutes)):
        unit: Frequency = "Hour" if step == 60 else "Minute"
        return Recurrence(unit, 1 if step == 60 else step, time_zone=cron.time_zone)
    return Recurrence(
        "Week" if names else "Day",
        time_zone=cron.time_zone,
        hours=list(range(24)) if hours == ANY else hours,
        minutes=list(range(60)) if minutes == ANY else minutes,
        week_days=names,
    )


def _step(minutes: list[Any]) -> int | None:
    """How many minutes apart these minutes of every hour are; None when they differ."""
    if minutes == ANY:
        return 1
    gaps = {later - earlier for earlier, later in zip(minutes, [*minutes[1:], minutes[0] + 60], strict=True)}
    return gaps.pop() if len(gaps) == 1 else None


def _refuse(cron: Cron, what: str, wrong: bool) -> None:
    if wrong:
        hint = "give a recurrence: --every Month --start 2026-12-01T03:00, say"
        message = f"Azure's schedules know minutes, hours and week days; '{cron.expression}' names {what}"
        raise UsageError(message, hint=hint)

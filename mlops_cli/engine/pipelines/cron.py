"""Cron expressions, read as cron itself reads them where the library has views of its own."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from mlops_cli.errors import UsageError

RANDOM = re.compile(r"(?<![a-z])[rh](?![a-z])", re.IGNORECASE)
"""What the library draws anew each time that it is asked."""


def expand(expression: str) -> tuple[list[list[Any]], dict[str, Any]]:
    """The values of the five fields, and nth week days. Raises UsageError."""
    from croniter import croniter

    if len(expression.split()) != 5 or RANDOM.search(expression) or not croniter.is_valid(expression):
        hint = "five fields: minute hour day month week-day, as in '30 6 * * mon-fri'"
        raise UsageError(f"'{expression}' is no cron expression", hint=hint)
    expanded: tuple[list[list[Any]], dict[str, Any]] = croniter.expand(_plain(expression))
    return expanded


def wall_times(expression: str, after: datetime) -> Iterator[datetime]:
    """The wall times behind `after` that it names; of a day and a week day that begin with `*` both must fit."""
    from croniter import CroniterBadDateError, croniter

    found = croniter(_plain(expression), after, implement_cron_bug=True)
    try:
        while True:
            yield found.get_next(datetime)
    except CroniterBadDateError:
        return


def _plain(expression: str) -> str:
    """A range from a value to itself is that value; the library takes it for all of them."""
    return " ".join(",".join(map(_single, field.split(","))) for field in expression.split())


def _single(part: str) -> str:
    first, dash, last = part.partition("/")[0].lower().partition("-")
    return first if dash and first.lstrip("0") == last.lstrip("0") else part

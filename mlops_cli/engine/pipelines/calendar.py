"""When a schedule fires. Wall times are those of its time zone.

A time that the clocks skip (spring) fires at the first moment after the gap; a time that comes twice (autumn)
fires the first time only. A cron expression whose hours begin with `*` means every hour that passes: it fires in both
of the doubled hours and not for the skipped one. Minute and Hour recurrences count elapsed time. A month that
has no such day fires on its last one.
"""

import calendar
import contextlib
import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from mlops_cli.domain.schedules import WEEK_DAYS, Cron, DataChange, Recurrence, When, in_words
from mlops_cli.domain.wall_time import first_instant, instants
from mlops_cli.engine.pipelines.cron import expand, wall_times
from mlops_cli.errors import UsageError

MARGIN = timedelta(hours=3)
LAST = datetime(2100, 1, 1, tzinfo=UTC)
MOST_POLL_MINUTES = 10_000_000


def check(when: When) -> None:
    """Raises UsageError saying what is wrong."""
    if isinstance(when, DataChange):
        if (when.path is None) == (when.dataset is None):
            raise UsageError("a change of data is looked for at a path or in a dataset")
        if not 0 < when.poll_minutes <= MOST_POLL_MINUTES:
            raise UsageError(f"data cannot be looked at every {when.poll_minutes:g} minutes")
        return
    zone_of(when.time_zone)
    if isinstance(when, Cron):
        expand(when.expression)
        _check_comes(when, f"'{when.expression}'")
    elif when.frequency not in ("Day", "Week") and (when.hours or when.minutes):
        raise UsageError(f"hours and minutes go with frequency Day or Week, not {when.frequency}")
    elif when.frequency != "Week" and when.week_days:
        raise UsageError(f"week days go with frequency Week, not {when.frequency}")
    else:
        _check_comes(when, in_words(when))


def _check_comes(when: Cron | Recurrence, shown: str) -> None:
    if next(fire_times(when, datetime.now(UTC), datetime.now(UTC)), None) is None:
        raise UsageError(f"{shown} never comes")


def fire_times(when: Cron | Recurrence, after: datetime, created: datetime) -> Iterator[datetime]:
    """The moments (UTC) behind `after` at which the schedule fires, in order."""
    zone = zone_of(when.time_zone)
    found = _cron(when, zone, after) if isinstance(when, Cron) else _recurrence(when, zone, after, created)
    last = after
    with contextlib.suppress(OverflowError):  # far behind LAST
        for moment in found:
            if moment > LAST:
                return
            if moment > last:
                last = moment
                yield moment


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = "use an IANA name, such as Europe/Berlin or UTC"
        raise UsageError(f"there is no time zone '{name}'", hint=hint) from None


def _cron(cron: Cron, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    if not cron.expression.split()[1].startswith("*"):
        return (first_instant(wall, zone) for wall in _walls(cron, zone, after))
    return _sorted(moment for wall in _walls(cron, zone, after) for moment in instants(wall, zone))


def _sorted(moments: Iterator[datetime]) -> Iterator[datetime]:
    """Moments that are in order but for the doubled hours, which reach as far as MARGIN."""
    waiting: list[datetime] = []
    for moment in moments:
        heapq.heappush(waiting, moment)
        while waiting[0] < moment - MARGIN:
            yield heapq.heappop(waiting)
    yield from sorted(waiting)


def _walls(cron: Cron, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    return wall_times(cron.expression, after.astimezone(zone).replace(tzinfo=None) - MARGIN)


def _recurrence(when: Recurrence, zone: ZoneInfo, after: datetime, created: datetime) -> Iterator[datetime]:
    anchor = _anchor(when, created.astimezone(zone).replace(tzinfo=None))
    start = first_instant(anchor, zone)
    if when.frequency in ("Minute", "Hour"):
        yield from _elapsed(when, start, after)
        return
    for day in _days(when, anchor.date(), after.astimezone(zone).date()):
        for moment in sorted(first_instant(datetime.combine(day, at), zone) for at in _times(when, anchor)):
            if moment >= start:
                yield moment


def _anchor(when: Recurrence, created: datetime) -> datetime:
    """The wall time that the recurrence counts from, to the minute."""
    if when.start_time is None:
        return created.replace(second=0, microsecond=0, tzinfo=None)
    try:
        found = datetime.fromisoformat(when.start_time)
    except ValueError:
        raise UsageError(
            f"start time '{when.start_time}' is not ISO 8601", hint="as in 2026-07-01T06:30"
        ) from None
    if found.tzinfo:
        raise UsageError("the start time is wall time of the time zone; leave its offset out")
    return found.replace(second=0, microsecond=0)


def _elapsed(when: Recurrence, start: datetime, after: datetime) -> Iterator[datetime]:
    unit = timedelta(minutes=1) if when.frequency == "Minute" else timedelta(hours=1)
    step = unit * when.interval
    first = max(0, (after - start) // step)
    return (start + step * number for number in count(first))


def _times(when: Recurrence, anchor: datetime) -> list[time]:
    """Times of the day: the anchor's own unless hours or minutes are given; full hours for hours alone."""
    hours = when.hours or [anchor.hour]
    minutes = when.minutes or ([0] if when.hours else [anchor.minute])
    return [time(hour, minute) for hour in sorted(set(hours)) for minute in sorted(set(minutes))]


def _days(when: Recurrence, anchor: date, after: date) -> Iterator[date]:
    """Days from about `after` on."""
    if when.frequency == "Month":
        yield from _months(when.interval, anchor, after)
    elif when.frequency == "Week":
        wanted = sorted(WEEK_DAYS.index(day) for day in when.week_days) or [anchor.weekday()]
        monday = anchor - timedelta(days=anchor.weekday())
        skipped = max(0, (after - monday).days // 7 // when.interval - 1)
        for number in count(skipped):
            week = monday + timedelta(weeks=number * when.interval)
            yield from (week + timedelta(days=day) for day in wanted)
    else:
        skipped = max(0, (after - anchor).days // when.interval - 1)
        yield from (anchor + timedelta(days=number * when.interval) for number in count(skipped))


def _months(interval: int, anchor: date, after: date) -> Iterator[date]:
    passed = (after.year - anchor.year) * 12 + after.month - anchor.month
    for number in count(max(0, passed // interval - 1)):
        year, month = divmod(anchor.month - 1 + number * interval, 12)
        year, month = anchor.year + year, month + 1
        if year > LAST.year:
            return
        yield date(year, month, min(anchor.day, calendar.monthrange(year, month)[1]))

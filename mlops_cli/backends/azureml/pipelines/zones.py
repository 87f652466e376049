"""Azure's names of time zones, which are those of Windows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mlops_cli.domain.time_zones import WINDOWS_ZONES
from mlops_cli.errors import UsageError

YEARS = timedelta(days=5 * 366)
"""For so long the clocks of two zones have to agree."""


def windows(zone: str) -> str:
    """Azure's name of an IANA zone, or of another in which it is the same time. Raises UsageError."""
    exact = (name for name, iana in WINDOWS_ZONES.items() if iana == zone)
    alike = (name for name, iana in WINDOWS_ZONES.items() if _agree(ZoneInfo(iana), ZoneInfo(zone)))
    found = next(exact, None) or next(alike, None)
    if found is None:
        hint = "choose another, such as UTC or Europe/Berlin"
        raise UsageError(f"Azure has no time zone in which it is the time of '{zone}'", hint=hint)
    return found


def _agree(one: ZoneInfo, other: ZoneInfo) -> bool:
    """Looked at weekly first, as most zones differ soon."""
    steps = (timedelta(weeks=1), timedelta(hours=1))
    return all(one.utcoffset(at) == other.utcoffset(at) for step in steps for at in _moments(step))


def _moments(step: timedelta) -> Iterator[datetime]:
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    end = at + YEARS
    while at < end:
        yield at
        at += step

"""Wall times of a time zone as moments; the clocks skip some and show some twice."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


def instants(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments (UTC) that have this wall time: one, two in autumn, none in spring's gap."""
    both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in both if moment.astimezone(zone).replace(tzinfo=None) == wall)


def first_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment with this wall time, or the end of the gap that it is in."""
    found = instants(wall, zone)
    if found:
        return found[0]
    low, high = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high

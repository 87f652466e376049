"""Time as whole numbers: the periods of a series, whatever their length."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

_SEASONS = {3600: 24, 86400: 7, 604800: 52}
_MONTH_SEASONS = {1: 12, 3: 4}


@dataclass(slots=True)
class Periods:
    """Either `seconds` or `months` long, counted from `origin`. `season` is the number of periods of the
    natural cycle (a day of hours, a week of days, a year of months), 1 where there is none."""

    origin: datetime
    seconds: int = 0
    months: int = 0

    @property
    def season(self) -> int:
        if self.months:
            return _MONTH_SEASONS.get(self.months, 1)
        if self.seconds in _SEASONS:
            return _SEASONS[self.seconds]
        return 86400 // self.seconds if 0 < self.seconds < 86400 and 86400 % self.seconds == 0 else 1

    def number(self, moment: datetime) -> int:
        if self.months:
            months = (moment.year - self.origin.year) * 12 + moment.month - self.origin.month
            return months // self.months
        return round((moment - self.origin).total_seconds() / self.seconds)

    def moment(self, number: int) -> datetime:
        """Months are told by the day of the first one, or by their last day where that one is."""
        start, day = self._start(number), self.origin.day
        if not self.months or day == 1:
            return start
        last = monthrange(start.year, start.month)[1]
        at_the_end = day == monthrange(self.origin.year, self.origin.month)[1]
        return start.replace(day=last if at_the_end else min(day, last))

    def _start(self, number: int) -> datetime:
        if not self.months:
            return self.origin + timedelta(seconds=self.seconds * number)
        months = self.origin.year * 12 + self.origin.month - 1 + number * self.months
        return datetime(months // 12, months % 12 + 1, 1, self.origin.hour, self.origin.minute)

    def calendar(self, number: int) -> tuple[float, ...]:
        """Month, day, weekday, day of the year, hour and the number itself."""
        moment = self._start(number)
        day_of_year = moment.timetuple().tm_yday
        return (
            moment.month,
            moment.day,
            moment.weekday(),
            day_of_year,
            moment.hour + moment.minute / 60,
            number,
        )


CALENDAR = ("month", "day", "weekday", "day_of_year", "hour", "period")

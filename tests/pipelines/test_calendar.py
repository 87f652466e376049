"""When schedules fire: cron and Azure's recurrence, across changes of the clock."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_cli.domain.schedules import Cron, DataChange, Recurrence, in_words
from mlops_cli.engine.pipelines.calendar import check, fire_times
from mlops_cli.errors import UsageError

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fires(
    when: Cron | Recurrence, after: str, count: int = 3, created: str = "2026-01-01T08:15:30"
) -> list[str]:
    found = islice(fire_times(when, at(after), at(created)), count)
    return [moment.strftime("%m-%d %H:%M") for moment in found]


@pytest.mark.parametrize(
    ("when", "after", "expected"),
    [
        (Cron("30 6 * * mon-fri"), "2026-07-03T06:29", ["07-03 06:30", "07-06 06:30", "07-07 06:30"]),
        (Cron("30 6 * * *", BERLIN), "2026-07-03T04:30", ["07-04 04:30", "07-05 04:30", "07-06 04:30"]),
        (Cron("30 6 * * *", BERLIN), "2026-03-27T22:00", ["03-28 05:30", "03-29 04:30", "03-30 04:30"]),
        (Cron("0 0 29 2 *"), "2026-01-01T00:00", ["02-29 00:00", "02-29 00:00", "02-29 00:00"]),
        (Cron("0 0 * * 5-7"), "2026-01-01T00:00", ["01-02 00:00", "01-03 00:00", "01-04 00:00"]),
        (Cron("0 0 * jan-MAR,Dec 0,7"), "2026-03-28T00:00", ["03-29 00:00", "12-06 00:00", "12-13 00:00"]),
        (Cron("1-1 3-03 * * *"), "2026-01-01T00:00", ["01-01 03:01", "01-02 03:01", "01-03 03:01"]),
        (Cron("0 0 4-4/2 * *"), "2026-01-01T00:00", ["01-04 00:00", "02-04 00:00", "03-04 00:00"]),
        (Cron("0 0 13 * fri"), "2026-01-01T00:00", ["01-02 00:00", "01-09 00:00", "01-13 00:00"]),
        (Cron("0 0 */1 * mon"), "2026-01-01T00:00", ["01-05 00:00", "01-12 00:00", "01-19 00:00"]),
        (Cron("0 0 13 * */5"), "2026-01-01T00:00", ["02-13 00:00", "03-13 00:00", "09-13 00:00"]),
        (Cron("*/20 * * * *"), "2026-01-01T00:05", ["01-01 00:20", "01-01 00:40", "01-01 01:00"]),
        (Recurrence("Minute", 15), "2026-01-01T08:15", ["01-01 08:30", "01-01 08:45", "01-01 09:00"]),
        (Recurrence("Hour", 6), "2026-01-02T00:00", ["01-02 02:15", "01-02 08:15", "01-02 14:15"]),
        (Recurrence("Day"), "2026-01-01T08:15", ["01-02 08:15", "01-03 08:15", "01-04 08:15"]),
        (Recurrence("Day", 2, hours=[18, 6]), "2026-01-01T08:15", ["01-01 18:00", "01-03 06:00", "01-03 18:00"]),
        (Recurrence("Day", hours=[6], minutes=[30, 0]), "2026-06-01T06:00",
         ["06-01 06:30", "06-02 06:00", "06-02 06:30"]),
        (Recurrence("Week", week_days=["Friday", "Monday"], hours=[9]), "2026-01-01T00:00",
         ["01-02 09:00", "01-05 09:00", "01-09 09:00"]),
        (Recurrence("Week", 2, week_days=["Monday"], hours=[9], start_time="2026-01-05T00:00"),
         "2026-01-05T09:00", ["01-19 09:00", "02-02 09:00", "02-16 09:00"]),
        (Recurrence("Month", start_time="2026-01-31T12:00"), "2026-01-31T11:00",
         ["01-31 12:00", "02-28 12:00", "03-31 12:00"]),
        (Recurrence("Month", 12, start_time="2024-02-29T12:00"), "2026-01-01T00:00",
         ["02-28 12:00", "02-28 12:00", "02-29 12:00"]),
        (Recurrence("Day", start_time="2026-05-01T06:00"), "2026-01-01T00:00",
         ["05-01 06:00", "05-02 06:00", "05-03 06:00"]),
    ],
    ids=lambda value: in_words(value) if isinstance(value, Cron | Recurrence) else "",
)  # fmt: skip
def test_times(when: Cron | Recurrence, after: str, expected: list[str]) -> None:
    assert fires(when, after) == expected


def test_a_skipped_time_fires_right_after_the_gap() -> None:
    """On 2026-03-29 the clocks of Berlin go from 02:00 to 03:00, which is 01:00 UTC."""
    assert fires(Cron("30 2 * * *", BERLIN), "2026-03-28T12:00", 2) == ["03-29 01:00", "03-30 00:30"]
    assert fires(Cron("0,30 2 * * *", BERLIN), "2026-03-28T12:00", 2) == ["03-29 01:00", "03-30 00:00"]
    daily = Recurrence("Day", hours=[2], minutes=[30], time_zone=BERLIN)
    assert fires(daily, "2026-03-28T12:00", 2) == ["03-29 01:00", "03-30 00:30"]


def test_a_doubled_time_fires_once() -> None:
    """On 2026-10-25 the clocks of Berlin go from 03:00 back to 02:00, which is 01:00 UTC."""
    assert fires(Cron("30 2 * * *", BERLIN), "2026-10-24T12:00", 2) == ["10-25 00:30", "10-26 01:30"]
    daily = Recurrence("Day", hours=[2], minutes=[30], time_zone=BERLIN)
    assert fires(daily, "2026-10-24T12:00", 2) == ["10-25 00:30", "10-26 01:30"]


def test_every_hour_is_every_hour_that_passes() -> None:
    assert fires(Cron("15 * * * *", BERLIN), "2026-10-24T23:30", 4) == [
        "10-25 00:15", "10-25 01:15", "10-25 02:15", "10-25 03:15",
    ]  # fmt: skip
    assert fires(Cron("15 * * * *", BERLIN), "2026-03-29T00:00", 3) == [
        "03-29 00:15", "03-29 01:15", "03-29 02:15",
    ]  # fmt: skip
    half = fires(Cron("*/30 * * * *", BERLIN), "2026-10-24T23:45", 5)
    assert half == ["10-25 00:00", "10-25 00:30", "10-25 01:00", "10-25 01:30", "10-25 02:00"]


WHENS = st.one_of(
    st.builds(
        Cron,
        st.sampled_from(["30 2 * * *", "*/7 * * * *", "0 */5 * * *", "15 1-3 * * sun", "59 23 31 * *"]),
        st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata"]),
    ),
    st.builds(
        Recurrence,
        st.sampled_from(["Minute", "Hour", "Day", "Week", "Month"]),
        st.integers(1, 40),
        time_zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe"]),
    ),
)


@settings(deadline=None)
@given(WHENS, st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)), st.integers(0, 12))
def test_times_do_not_depend_on_where_one_begins_to_look(
    when: Cron | Recurrence, after: datetime, skip: int
) -> None:
    created = datetime(2025, 1, 1, 2, 30, tzinfo=UTC)
    moment = after.replace(tzinfo=UTC)
    first = list(islice(fire_times(when, moment, created), skip + 3))
    assert all(early < late for early, late in zip([moment, *first], first, strict=False))
    again = list(islice(fire_times(when, first[skip], created), 2))
    assert again == first[skip + 1 :]
    assert next(fire_times(when, first[0] - timedelta(seconds=1), created)) == first[0]


@pytest.mark.parametrize(
    ("when", "message"),
    [
        (Cron("61 * * * *"), "'61 * * * *' is no cron expression"),
        (Cron("R 3 * * *"), "'R 3 * * *' is no cron expression"),
        (Cron("H H(1-3) * * *"), "'H H(1-3) * * *' is no cron expression"),
        (Cron("* * * * * *"), "'* * * * * *' is no cron expression"),
        (Cron("0 0 30 2 *"), "'0 0 30 2 *' "),
        (Cron("0 0 * * *", "Mars/Base"), "there is no time zone 'Mars/Base'"),
        (Recurrence("Hour", hours=[3]), "hours and minutes go with frequency Day or Week, not Hour"),
        (Recurrence("Day", week_days=["Monday"]), "week days go with frequency Week, not Day"),
        (Recurrence("Day", start_time="soon"), "start time 'soon' is not ISO 8601"),
        (Recurrence("Day", start_time="2101-01-01"), "every day UTC never comes"),
        (Recurrence("Month", 10**9), "every 1000000000 months UTC never comes"),
        (DataChange("a", poll_minutes=-1), "data cannot be looked at every -1 minutes"),
        (DataChange(), "a change of data is looked for at a path or in a dataset"),
    ],
)
def test_what_cannot_be(when: Cron | Recurrence | DataChange, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(when)
    assert caught.value.message.startswith(message)

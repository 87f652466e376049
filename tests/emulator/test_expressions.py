"""Values and times that the emulator's pipelines work out: parameter expressions, recurrences as Azure posts them."""

from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from mlops_cli.engine.pipelines.calendar import fire_times

pytest.importorskip("trustme", reason='the emulator is not installed: pip install "mlops-cli[emulator]"')
from mlops_cli.emulator.azure.pipeline.expressions import Context, resolved
from mlops_cli.emulator.azure.pipeline.schedules import recurrence_of
from mlops_cli.emulator.errors import ApiError

NOW = datetime(2026, 3, 31, 8, 5, 6, 123456, UTC)
SCHEDULED = datetime(2026, 3, 31, 8, tzinfo=UTC)
CONTEXT = Context("run-1", "ann", NOW, SCHEDULED)


def value(text: Any, context: Context = CONTEXT) -> Any:
    return resolved({"name": text}, context)["name"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@utcNow()", "2026-03-31T08:05:06.1234560Z"),
        ("@trigger().scheduledTime", "2026-03-31T08:00:00.0000000Z"),
        ("@addMinutes(trigger().startTime, 10, 'HH:mm')", "08:15"),
        ("@formatDateTime(subtractFromTime(utcNow(),1,'Day'),'yyyy-MM-dd')", "2026-03-30"),
        ("@subtractFromTime(utcNow(), 1, 'Month', 'd')", "02/28/2026"),
        ("@addToTime('2024-02-29', 1, 'Year', 's')", "2025-02-28T00:00:00"),
        ("@addDays('2022-01-01', -1, 'dddd d MMM yy')", "Friday 31 Dec 21"),
        ("@dayOfWeek('2022-01-02 08:00:00')", "0"),
        ("@dayOfMonth(utcNow())", "31"),
        ("@dayOfYear('2026-02-01')", "32"),
        ("@startOfMonth(utcNow(), 'u')", "2026-03-01 00:00:00Z"),
        ("@startOfHour(utcNow(), 'h:mm tt')", "8:00 AM"),
        ("@convertFromUtc('2026-07-01T10:00:00Z', 'Pacific Standard Time')", "2026-07-01T03:00:00.0000000-07:00"),
        ("@convertToUtc('2026-01-01T10:00:00', 'W. Europe Standard Time', 'HH:mmK')", "09:00Z"),
        ("@createdBy()", "ann"),
        ("@runId()", "run-1"),
    ],
)  # fmt: skip
def test_expressions_are_worked_out(text: str, expected: str) -> None:
    assert value(text) == expected


@pytest.mark.parametrize("text", ["plain", "@home", "@nosuch()", "@utcNow", "@a b", "@", 7, "x@utcNow()"])
def test_what_is_no_expression_stays_as_it_is(text: Any) -> None:
    assert value(text) == text


def test_the_trigger_is_known_to_schedules_alone() -> None:
    assert value("@trigger().startTime", CONTEXT._replace(scheduled=None)) == "@trigger().startTime"


@pytest.mark.parametrize("text", ["@addDays('never', 1)", "@addDays('2026-01-01', 'x')", "@utcNow().year"])
def test_arguments_that_do_not_fit_are_refused(text: str) -> None:
    with pytest.raises(ApiError, match="Invalid pipeline parameter expression"):
        value(text)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-28", ["03-28 01:30", "03-29 01:00", "03-30 00:30"]),  # the clocks skip 02:30 on the 29th
        ("2026-10-24", ["10-24 00:30", "10-25 00:30", "10-26 01:30"]),  # 02:30 comes twice on the 25th
    ],
)
def test_recurrences_follow_the_clocks_of_their_zone(day: str, expected: list[str]) -> None:
    times = {"Hours": [2], "Minutes": [30]}
    posted = {"Frequency": "Day", "Interval": 1, "Schedule": times, "TimeZone": "W. Europe Standard Time"}
    after = datetime.fromisoformat(f"{day}T00:00+00:00")
    found = islice(fire_times(recurrence_of(posted), after, after), 3)
    assert [moment.strftime("%m-%d %H:%M") for moment in found] == expected

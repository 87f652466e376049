"""Cron on Azure: a recurrence that fires at exactly the same moments, or an error that says why there is none."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from mlops_cli.domain.schedules import Cron
from mlops_cli.engine.pipelines.calendar import fire_times
from mlops_cli.errors import UsageError

cron = pytest.importorskip("mlops_cli.backends.azureml.pipelines.cron", reason="needs the Azure ML SDK")
NOW = datetime(2026, 11, 20, 13, 7, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize(
    "expression",
    [
        "* * * * *", "*/15 * * * *", "30 * * * *", "7,37 * * * *", "*/7 * * * *", "0 3 * * *",
        "0,20 8-18/2 * * *", "30 6 * * mon-fri", "0 0 * * sun", "5 4 * * 7", "* 3 * * *", "0 */6 * * tue,sat",
    ],
)  # fmt: skip
def test_the_recurrence_fires_when_cron_does(expression: str, zone: str) -> None:
    given = Cron(expression, zone)
    expected = list(islice(fire_times(given, NOW, NOW), 300))
    found = cron.recurrence(given)
    assert list(islice(fire_times(found, NOW, expected[0]), 300)) == expected


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("0 3 1 * *", "days of the month"),
        ("0 0 1-31 * mon", "days of the month"),
        ("0 3 * jan *", "months"),
        ("0 3 * * 1#2", "nth week day"),
    ],
)
def test_what_a_recurrence_cannot_say_is_refused(expression: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        cron.recurrence(Cron(expression))

"""Time zones on Azure: all that the SDK knows, and others by those in which it is the same time."""

from zoneinfo import ZoneInfo

import pytest

from mlops_cli.domain.time_zones import WINDOWS_ZONES
from mlops_cli.errors import UsageError

zones = pytest.importorskip("mlops_cli.backends.azureml.pipelines.zones")
core = pytest.importorskip("azureml.pipeline.core", reason="needs the Azure ML SDK")


def test_the_zones_are_those_of_the_sdk() -> None:
    assert set(WINDOWS_ZONES) == {zone.value for zone in core.TimeZone}
    assert all(ZoneInfo(name) for name in WINDOWS_ZONES.values())


@pytest.mark.parametrize(
    ("zone", "windows"),
    [
        ("Africa/Cairo", "Egypt Standard Time"),
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("Europe/Vienna", "W. Europe Standard Time"),
        ("America/Toronto", "Eastern Standard Time"),
        ("Asia/Kathmandu", "Nepal Standard Time"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_a_zone_has_the_name_of_one_in_which_it_is_the_same_time(zone: str, windows: str) -> None:
    assert zones.windows(zone) == windows


def test_a_zone_of_a_time_of_its_own_is_refused() -> None:
    with pytest.raises(UsageError, match="Antarctica/Troll"):
        zones.windows("Antarctica/Troll")

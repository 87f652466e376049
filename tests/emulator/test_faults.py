"""Faults on demand."""

import time

import pytest
import requests

from mlops_cli.errors import UsageError
from tests.emulator.wire import Wire


@pytest.fixture
def faulty(own_emulator):
    own_emulator.start()
    found = Wire(own_emulator)
    assert found.bearer
    yield found
    found.session.close()


def add(wire, **fault):
    return wire.emulator.control("POST", "/emulator/faults", fault)


def test_status_with_retry_after_until_it_is_used_up(faulty):
    add(faulty, action="status", status=429, retry_after=2, times=1, match="/subscriptions")
    first, second = faulty.arm("GET", "/subscriptions"), faulty.arm("GET", "/subscriptions")
    assert (first.status_code, first.headers["Retry-After"], second.status_code) == (429, "2", 200)


def test_fault_holds_only_for_what_it_matches_and_until_it_is_cleared(faulty):
    add(faulty, action="status", status=500, match="tenants")
    assert faulty.arm("GET", "/subscriptions").status_code == 200
    assert faulty.arm("GET", "/tenants").status_code == faulty.arm("GET", "/tenants").status_code == 500
    faulty.emulator.control("DELETE", "/emulator/faults")
    assert faulty.arm("GET", "/tenants").status_code == 200


def test_fault_that_begins_later_does_not_hold_yet(faulty):
    add(faulty, action="status", status=401, after=3600)
    assert faulty.arm("GET", "/subscriptions").status_code == 200


def test_delay(faulty):
    add(faulty, action="delay", seconds=0.3, times=1)
    begun = time.monotonic()
    faulty.arm("GET", "/subscriptions")
    assert time.monotonic() - begun >= 0.3


def test_cut_connection(faulty):
    add(faulty, action="cut", times=1)
    with pytest.raises(requests.RequestException):
        faulty.arm("GET", "/subscriptions")
    assert faulty.arm("GET", "/subscriptions").status_code == 200


def test_operation_that_fails(faulty):
    add(faulty, action="operation", match="compute", message="no quota", times=1)
    body = {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_D2_V2"}}}
    made = faulty.arm("PUT", f"{faulty.workspace}/computes/cpu", json=body)
    assert made.json()["properties"]["provisioningState"] == "Creating"
    url = made.headers["Azure-AsyncOperation"].removeprefix("https://management.azure.com")
    deadline = time.monotonic() + 20
    while (state := faulty.arm("GET", url).json())["status"] == "InProgress" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert (state["status"], state["error"]["message"]) == ("Failed", "no quota")
    failed = faulty.aml("GET", f"/rp/workspaces{faulty.workspace}/computes/cpu").json()["properties"]
    assert failed["provisioningState"] == "Failed"
    assert failed["provisioningErrors"][0]["error"]["message"] == "no quota"


def test_fault_that_is_none_is_refused(faulty):
    with pytest.raises(UsageError, match="action"):
        add(faulty, action="explode")

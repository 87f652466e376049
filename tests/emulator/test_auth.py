"""Signing in with the unmodified SDK."""

import pytest

WAYS = (
    "from_config",
    "service_principal",
    "certificate",
    "device_code",
    "device_code_cached",
    "browser",
    "machine",
    "msi_endpoint",
    "token",
)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_sign_in_reaches_the_workspace(program, emulator, way):
    assert program("auth")[way] == emulator.identity.workspace_name


def test_wrong_credentials_are_refused_as_azure_does(program):
    found = program("auth")
    assert "AADSTS7000215" in found["wrong_secret"]
    assert "was not found in the directory" in found["wrong_client"]
    assert "Unable to get authority configuration" in found["wrong_tenant"]
    assert "invalid" in found["bad_token"]

"""Azure's names of time zones."""

from __future__ import annotations

from mlops_cli.domain.time_zones import WINDOWS_ZONES
from mlops_cli.emulator.errors import bad_request


def iana(name: str | None) -> str:
    """Raises ApiError 400 for a zone that is not emulated."""
    if name and name not in WINDOWS_ZONES and "/" not in name:
        raise bad_request(f"The mlops emulator does not know the time zone {name}.")
    return WINDOWS_ZONES.get(name or "UTC", name or "UTC")

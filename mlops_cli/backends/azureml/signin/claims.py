"""What a token says about itself, read without checking it: that is its receiver's work."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

SOON_SECONDS = 60


def claims(token: str) -> dict[str, Any]:
    """The claims of a JWT (RFC 7519). Raises ValueError for anything else."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("a JWT has three parts")
    found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    if not isinstance(found, dict):
        raise ValueError("the claims of a JWT are an object")
    return found


def identity(found: dict[str, Any]) -> str | None:
    """The person's name, or the application's id."""
    names = ("upn", "preferred_username", "unique_name", "app_displayname", "appid", "azp", "oid", "sub")
    return next((str(found[name]) for name in names if found.get(name)), None)


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def is_over(expires_on: float) -> bool:
    return expires_on - SOON_SECONDS < time.time()

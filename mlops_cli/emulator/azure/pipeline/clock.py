"""The time that schedules go by: the machine's, moved ahead by who tests them."""

from __future__ import annotations

import datetime

from mlops_cli.emulator.state import State


def ahead(state: State) -> float:
    """Seconds by which the clock was moved."""
    return float((state.collection("clock").get("ahead") or {"seconds": 0})["seconds"])


def move(state: State, seconds: float) -> float:
    """Move the clock on; by how much it is ahead then."""
    with state.transaction():
        total = ahead(state) + seconds
        state.collection("clock").put("ahead", {"seconds": total})
    return total


def now(state: State) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=ahead(state))

"""The budget: wall time since the start, over restarts, with room kept for what comes after the search."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(slots=True)
class Clock:
    """All times in seconds. `spent` is what earlier sittings of a resumed run have used."""

    budget: float
    started: float
    spent: float = 0.0

    def elapsed(self) -> float:
        return self.spent + time.time() - self.started

    def left(self) -> float:
        return self.budget - self.elapsed()

    @property
    def cores(self) -> int:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class OutOfTimeError(Exception):
    """A fit did not end before its deadline."""


@dataclass(slots=True)
class Limits:
    """What one fit may use. With `soft` a fit that runs out of time keeps what it has learnt so far."""

    deadline: float
    threads: int
    soft: bool = False
    canceled: Callable[[], bool] = lambda: False

    def over(self) -> bool:
        return time.time() > self.deadline or self.canceled()

    def check(self) -> None:
        if self.over():
            raise OutOfTimeError

    def share(self, parts: int) -> "Limits":
        """A soft limit's share for the next of `parts` fits; a hard one holds for all of them together."""
        if not self.soft:
            return self
        now = time.time()
        return replace(self, deadline=now + max(0.0, self.deadline - now) / parts)


"""When the next request of an open loop is due, and how to be there on time.

The kernel may end a sleep 50 us late; asked for 1 ns of timer slack, it wakes this thread 20 to 40 us late.
So: sleep until shortly before the moment, then look at the clock until it has come ("sleep, then spin"). How
shortly is learnt from how late the sleeps end: as much of a core as may be spun goes into being on time.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FIRST_MARGIN = 40e-6
LEAST_MARGIN = 5e-6
MOST_MARGIN = 150e-6
MARGIN_STEP = 0.05
SPUN = 0.03
"""The share of a core that may go into looking at the clock."""
LONGEST_SLEEP = 0.1
LONGEST_NAP = 1e-3
"""So long the answers may lie in the sockets: a longer one would fill those with large answers."""
NEVER = float("inf")
_SLACK = Path("/proc/self/timerslack_ns")


@contextmanager
def exact_timers() -> Iterator[None]:
    """Ask Linux to wake this thread without slack, elsewhere do nothing."""
    before = None
    with suppress(OSError):
        before = _SLACK.read_text()
        _SLACK.write_text("1")
    try:
        yield
    finally:
        if before:
            with suppress(OSError):
                _SLACK.write_text(before)


class Schedule:
    """Request k is due at start + k / rate, whatever happened to the ones before it.

    `blocked_at` is when the loop last saw all connections busy, `margin` how long before a request is due the
    loop should be awake, in seconds.
    """

    def __init__(self, start: float, rate: float, *, requests: int | None, duration: float | None) -> None:
        self._start = start
        self._rate = rate
        within = None if duration is None else int(rate * duration)
        self._count = min(n for n in (requests, within) if n is not None)
        self._next = 0
        self.due = start if self._count else NEVER
        self.blocked_at = 0.0
        self.margin = FIRST_MARGIN
        self._spins = SPUN / rate

    def take(self) -> float:
        """When the next request is due; the one after it is next from now on."""
        due = self.due
        self._next += 1
        self.due = self._start + self._next / self._rate if self._next < self._count else NEVER
        return due

    def woke(self, late: float) -> None:
        """A sleep ended `late` seconds after it should have: is the rest of the margin more than may be spun?"""
        step = MARGIN_STEP * (self._spins - max(self.margin - late, 0.0))
        self.margin = min(max(self.margin + step, LEAST_MARGIN), MOST_MARGIN)

    def stop(self) -> None:
        self._count = self._next
        self.due = NEVER

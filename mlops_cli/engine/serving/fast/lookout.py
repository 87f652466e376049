"""Staying awake between requests that follow each other closely.

A client that asks again as soon as it is answered is back within a tenth of a millisecond; to sleep meanwhile and be
woken takes longer than that, on virtual machines above all. So where lone requests usually follow within
`MOST_SECONDS`, the loop goes on looking for the next one that long. Where they do not, it sleeps as ever and nothing
is spent. And where many have come one by one, the next need not wait to see whether another comes in the same round.
"""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from time import perf_counter

MOST_SECONDS = 400e-6
_WEIGHT = 0.1
"""Of the last interval in the usual one."""
MANY = 16
"""Lone requests after which the next one is taken for one too."""


class Lookout:
    """Of one event loop."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._usual = 2 * MOST_SECONDS
        self._last = self._until = 0.0
        self._looking = self._fresh = self._answered = False
        self._alone = 0

    def is_alone(self) -> bool:
        """Whether a request may be answered at once: it is the first of its round, and many came one by one."""
        if self._alone < MANY or not self._looking:
            return False
        first, self._fresh = self._fresh, False
        self._alone *= first
        return first

    def crowded(self) -> None:
        """To be called when several were answered together."""
        self._alone = 0

    def answered(self, loop: AbstractEventLoop) -> None:
        """To be called on the loop whenever a request was answered that came alone.

        While the loop looks, what follows from it is left to the next look: the answer is on its way by then.
        """
        self._alone += 1
        if self._looking:
            self._answered = True
        elif self._learn(self._clock()):
            self._looking = True
            loop.call_soon(self._look, loop)

    def _learn(self, now: float) -> bool:
        """Whether the next request is soon to come."""
        interval, self._last = min(now - self._last, 2 * MOST_SECONDS), now
        self._usual += _WEIGHT * (interval - self._usual)
        self._until = now + self._usual if self._usual < MOST_SECONDS else now
        return self._until > now

    def _look(self, loop: AbstractEventLoop) -> None:
        """While something is to be called soon, the loop only glances at its sockets and does not sleep."""
        now = self._clock()
        if self._answered:
            self._answered = False
            self._learn(now)
        self._looking = self._fresh = now < self._until
        if self._looking:
            loop.call_soon(self._look, loop)

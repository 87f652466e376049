"""Staying awake between requests that follow each other closely.

A client that asks again as soon as it is answered is back within a tenth of a millisecond; to sleep meanwhile and be
woken takes longer than that, on virtual machines above all. So where lone requests usually follow within
`MOST_SECONDS`, the loop goes on looking for the next one that long. Where they do not, it sleeps as ever and nothing
is spent.
"""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from time import perf_counter

MOST_SECONDS = 400e-6
_WEIGHT = 0.1
"""Of the last interval in the usual one."""


class Lookout:
    """Of one event loop."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._usual = 2 * MOST_SECONDS
        self._last = self._until = 0.0
        self._looking = False

    def answered(self, loop: AbstractEventLoop) -> None:
        """To be called on the loop whenever a request was answered that came alone."""
        now = self._clock()
        interval, self._last = min(now - self._last, 2 * MOST_SECONDS), now
        self._usual += _WEIGHT * (interval - self._usual)
        self._until = now + self._usual if self._usual < MOST_SECONDS else now
        if not self._looking and self._until > now:
            self._looking = True
            loop.call_soon(self._look, loop)

    def _look(self, loop: AbstractEventLoop) -> None:
        """While something is to be called soon, the loop only glances at its sockets and does not sleep."""
        self._looking = self._clock() < self._until
        if self._looking:
            loop.call_soon(self._look, loop)

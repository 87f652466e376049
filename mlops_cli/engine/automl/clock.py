"""The budget: wall time since the start, over restarts, with room kept for what comes after the search."""

import math
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar


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

    def together(self, seconds: list[float], rows: int) -> float:
        """What fits over `rows` rows take that go on side by side as far as `Limits.waves` lets them."""
        abreast = self.cores if rows < _MANY_ROWS else 1
        return max(sum(seconds) / abreast, max(seconds, default=0.0))


T = TypeVar("T")
R = TypeVar("R")
_MANY_ROWS = 300_000
_ENOUGH_ROWS = 20_000
"""For several threads on one fit: with fewer they mostly wait for each other."""


class OutOfTimeError(Exception):
    """A fit did not end before its deadline."""


@dataclass(slots=True)
class Limits:
    """What one fit may use. With `soft` a fit that runs out of time keeps what it has learnt so far, but at `end`
    it is thrown away all the same. `threads` are for what shares every step of the work among them, `cores` (as
    many, or more) for what can be parted into fits of their own, as the trees of a forest."""

    deadline: float
    threads: int
    soft: bool = False
    canceled: Callable[[], bool] = lambda: False
    end: float = math.inf
    cores: int = 1

    def over(self) -> bool:
        return time.time() > self.deadline or self.canceled()

    def check(self) -> None:
        if time.time() > self.end or (self.over() and not self.soft):
            raise OutOfTimeError

    def waves(self, tasks: int, rows: int, apart: bool = False) -> "Waves":
        """How to run `tasks` fits over `rows` rows each; `apart` those that would get into each other's way."""
        if rows < _MANY_ROWS and tasks and not apart:
            cores = max(self.threads, self.cores)
            abreast = min(tasks, cores)
            each = cores // abreast
            return Waves(self, tasks, abreast, each if rows >= _ENOUGH_ROWS else 1, each)
        return Waves(self, tasks, 1, self.threads, self.threads)


class Waves:
    """Fits side by side: until the data is big, one thread each beats many threads on one fit, which wait for
    each other and, where the cores are shared, wait long."""

    def __init__(self, limits: Limits, tasks: int, abreast: int, threads: int, cores: int) -> None:
        self.limits = limits
        self.waiting = tasks
        self.abreast = max(1, abreast)
        self.threads = threads
        self.cores = cores

    def next(self) -> Limits:
        """Limits of the next fit: of a soft limit, its share of the time that is left."""
        waves_left = -(-self.waiting // self.abreast)
        self.waiting -= 1
        now = time.time()
        left = max(0.0, self.limits.deadline - now)
        deadline = now + left / max(1, waves_left) if self.limits.soft else self.limits.deadline
        return replace(self.limits, deadline=deadline, threads=self.threads, cores=self.cores)

    def map(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        with ThreadPoolExecutor(self.abreast) as pool:
            return list(pool.map(work, items))

"""The thread in which `run()` is called: one call at a time, a bounded queue, a deadline for each call.

A call that outlives its deadline cannot be stopped from outside; it is left to its thread, and another
thread takes the next one. A worker with `MOST_STUCK` such threads is no good any more and says so.
"""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread, current_thread
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")
MOST_STUCK = 4


class FullError(Exception):
    """Too many calls wait already."""


class _Job(Generic[T]):
    __slots__ = ("done", "given_up", "late", "queued", "started", "work")

    def __init__(
        self, work: Callable[[], T], done: Callable[[T], None], late: Callable[[bool], None]
    ) -> None:
        self.work = work
        self.done = done
        self.late = late
        self.queued = monotonic()
        self.started: float | None = None
        self.given_up = False


class Runner(Generic[T]):
    """Calls back on the event loop: `done(result)`, or `late(began)` when the time is over."""

    def __init__(self, loop: asyncio.AbstractEventLoop, timeout: float, most_queued: int) -> None:
        self._loop = loop
        self._timeout = timeout
        self._most_queued = most_queued
        self._interval = min(0.1, timeout / 4)
        self._queue: SimpleQueue[_Job[T]] = SimpleQueue()
        self._open: dict[_Job[T], None] = {}
        self._stuck: set[_Job[T]] = set()
        self._lock = Lock()
        self._watching = False
        self._start_thread()

    @property
    def is_worn_out(self) -> bool:
        return len(self._stuck) >= MOST_STUCK

    def submit(self, work: Callable[[], T], done: Callable[[T], None], late: Callable[[bool], None]) -> None:
        """Queue `work`, which must not raise; FullError when too many wait."""
        if len(self._open) > self._most_queued:
            raise FullError
        job = _Job(work, done, late)
        self._open[job] = None
        self._queue.put(job)
        if not self._watching:
            self._watching = True
            self._loop.call_later(self._interval, self._watch)

    def _start_thread(self) -> None:
        self._thread = Thread(target=self._serve, name="run", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._thread is current_thread():
            job = self._queue.get()
            with self._lock:
                if job.given_up:
                    continue
                job.started = monotonic()
            result = job.work()
            self._loop.call_soon_threadsafe(self._finish, job, result)

    def _finish(self, job: _Job[T], result: T) -> None:
        self._stuck.discard(job)
        if job in self._open:
            del self._open[job]
            job.done(result)

    def _watch(self) -> None:
        now = monotonic()
        for job in list(self._open):
            if now - (job.started or job.queued) > self._timeout:
                self._give_up(job)
            elif job.started is None:
                break
        self._watching = bool(self._open)
        if self._watching:
            self._loop.call_later(self._interval, self._watch)

    def _give_up(self, job: _Job[T]) -> None:
        with self._lock:
            job.given_up = True
            began = job.started is not None
        del self._open[job]
        if began:
            self._stuck.add(job)
            self._start_thread()
        job.late(began)

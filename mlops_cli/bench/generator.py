"""The load generator: one process, one loop over epoll, no framework between the socket and the clock.

A closed loop keeps every connection asking; an open loop asks at fixed times, and wakes up for those only. An
answer came when the kernel stamped it, so that neither a late awakening nor the work on other answers makes it
look late; only a closed loop that needs all of a core takes the time at which it heard of it. An answer that
equals, byte for byte, one found right for the same payload is not looked at again.
"""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from time import perf_counter, process_time, sleep

from mlops_cli.bench.checks import check_answer
from mlops_cli.bench.exchange import Check, Exchange
from mlops_cli.bench.pacing import LONGEST_NAP, LONGEST_SLEEP, NEVER, Schedule, exact_timers
from mlops_cli.bench.payloads import Payload
from mlops_cli.bench.plan import Load, Manner
from mlops_cli.bench.recording import Recording
from mlops_cli.bench.target import Target

Observer = Callable[[Recording, float], str | None]
"""Called a few times a second with what is recorded so far and the time; a text ends the run with that reason."""

TICK_SECONDS = 0.25
FIRST_TICK = 0.04
"""The first look comes sooner: until then a closed loop does without exact times."""
SPENT = 0.85
"""A loop that computes for a larger share of the time has none for the kernel's stamps."""
MOST_LOST = 1_000
"""With so many requests lost and not one answered, nobody listens: the run ends."""


class Generator:
    """Sends load to one target and records it. Connections stay open from one run to the next."""

    def __init__(
        self,
        target: Target,
        manner: Manner,
        payloads: Sequence[Payload],
        check: Check = check_answer,
        observe: Observer | None = None,
    ) -> None:
        self._most = manner.concurrency
        self._observe = observe
        self._distinct = payloads
        self._payloads = cycle(payloads)
        self._source: Iterator[Payload] = iter(())
        self._exchange = Exchange(target, manner, check)
        self._tick_seconds = min(TICK_SECONDS, manner.timeout / 4)
        self._tick_at = NEVER
        self._watched = True

    @property
    def tls_version(self) -> str | None:
        return self._exchange.tls_version

    def run(self, load: Load, *, watched: bool = True) -> Recording:
        """Send the load and wait for every answer. Ctrl-C ends it early, with what is recorded by then.

        The observer sees it unless `watched` is false.
        """
        self._watched = watched
        recording = self._exchange.start()
        with _undisturbed():
            cpu = process_time()
            recording.started = perf_counter()
            self._seen = (recording.started, cpu)
            recording.window_end = recording.started + (NEVER if load.duration is None else load.duration)
            self._tick_at = recording.started + self._tick_seconds * FIRST_TICK
            try:
                (self._open_loop if load.rate else self._closed_loop)(load)
            except KeyboardInterrupt:
                recording.interrupted = True
            recording.cpu = process_time() - cpu
        recording.ended = max(recording.finished, default=perf_counter())
        recording.window_end = min(recording.window_end, recording.ended)
        for payload in self._distinct:
            self._exchange.settle(payload)
        self._exchange.abandon()
        return recording

    def close(self) -> None:
        self._exchange.close()

    def _closed_loop(self, load: Load) -> None:
        self._source = islice(self._payloads, load.requests)
        exchange, stop_at = self._exchange, self._exchange.recording.window_end
        poll, collect = exchange.poller.poll, exchange.collect
        while self._fill():
            now = collect(poll(self._tick_seconds if exchange.busy else 0, self._most))
            if now >= stop_at:
                self._source = iter(())
            if now >= self._tick_at:
                self._tick(now)

    def _fill(self) -> bool:
        """Give every free place a request; whether any is under way or was at least tried."""
        exchange = self._exchange
        tried = False
        for payload in islice(self._source, self._most - exchange.busy):
            exchange.launch(payload, perf_counter())
            tried = True
        return tried or exchange.busy > 0

    def _open_loop(self, load: Load) -> None:
        assert load.rate is not None
        exchange = self._exchange
        start = exchange.recording.started
        schedule = Schedule(start, load.rate, requests=load.requests, duration=load.duration)
        self._collect_at = start
        exchange.be_exact(wanted=True)
        with exact_timers():
            while schedule.due < NEVER or exchange.busy:
                now = perf_counter()
                if exchange.busy >= self._most:
                    self._collect(LONGEST_SLEEP)
                    schedule.blocked_at = perf_counter()
                elif (left := schedule.due - now) > schedule.margin:
                    self._pause(schedule, now, left - schedule.margin)
                else:
                    self._send_due(schedule)
                if now >= self._tick_at and not self._tick(now):
                    schedule.stop()

    def _pause(self, schedule: Schedule, now: float, wait: float) -> None:
        """Sleep for `wait` seconds, or until an answer comes where the kernel does not say when it did."""
        if wait < LONGEST_NAP and self._exchange.stamped:
            sleep(wait)
            schedule.woke(perf_counter() - now - wait)
        elif not self._collect(min(wait, LONGEST_SLEEP)) and wait < LONGEST_SLEEP:
            schedule.woke(perf_counter() - now - wait)

    def _send_due(self, schedule: Schedule) -> None:
        """Send the next request as soon as it is due; then take the answers, if it is time to."""
        exchange, recording = self._exchange, self._exchange.recording
        payload, due = next(self._payloads), schedule.take()
        while (now := perf_counter()) < due:
            if not exchange.stamped:
                self._collect(0)
        if due <= schedule.blocked_at:
            recording.starved += 1
        else:
            recording.late.append(now - due)
        exchange.launch(payload, due)
        if now >= self._collect_at or exchange.busy >= self._most - 1 or not exchange.stamped:
            self._collect_at = now + LONGEST_NAP
            self._collect(0)

    def _collect(self, wait: float) -> int:
        """Take the answers that are here, or come within `wait` seconds; how many sockets had something."""
        exchange = self._exchange
        events = exchange.poller.poll_finely(wait) if wait > 0 else exchange.poller.poll(0)
        exchange.collect(events)
        return len(events)

    def _tick(self, now: float) -> bool:
        """A few times a second: give up on what takes too long, show how it goes; whether to go on."""
        recording = self._exchange.recording
        self._tick_at = now + self._tick_seconds
        self._exchange.give_up(now)
        self._spare(now)
        reason = self._observe(recording, now) if self._observe and self._watched else None
        if len(recording.unanswered) == len(recording.latency) >= MOST_LOST:
            reason = "nothing answers there any more"
        if reason:
            recording.aborted = reason
            self._source = iter(())
        return reason is None

    def _spare(self, now: float) -> None:
        """Ask for exact times as long as there is time for it."""
        began, cpu = self._seen
        self._seen = (now, process_time())
        self._exchange.be_exact(wanted=self._seen[1] - cpu < SPENT * (now - began))
        self._exchange.clock.synchronise()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No garbage collection meanwhile: nothing here makes cycles, and a pause would be measured."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

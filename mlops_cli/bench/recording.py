"""What was measured: twelve bytes per request while it runs; all arithmetic comes afterwards."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

FailureKind = Literal["connect", "closed", "timeout", "protocol", "status", "answer"]
"""connect: no connection; closed: it ended before the answer did; protocol: not HTTP; status: not 2xx;
answer: a wrong one."""
MOST_DETAILS = 50


def _floats() -> "array[float]":
    return array("f")


def _indices() -> "array[int]":
    return array("Q")


@dataclass(slots=True)
class Sparse:
    """Seconds that some of the requests spent on something; `index` counts requests by when they ended."""

    index: "array[int]" = field(default_factory=_indices)
    seconds: "array[float]" = field(default_factory=_floats)

    def add(self, index: int, seconds: float) -> None:
        self.index.append(index)
        self.seconds.append(seconds)

    def extend(self, other: "Sparse", base: int) -> None:
        """Add those of a later stretch, whose requests count from `base`."""
        self.index.extend(base + index for index in other.index)
        self.seconds.extend(other.seconds)


@dataclass(slots=True)
class Recording:
    """Times are seconds of the monotonic clock; `finished` and `latency` have one entry per request.

    `window_end` is when sending stopped: answers to a run of fixed duration may come in after it.
    `failed` holds the numbers of the requests that failed, `unanswered` those of them without any answer.
    `statuses` counts what was not 200; `model` is in seconds.
    `late` is how long after it was due each request of an open loop was sent although a connection was free:
    the generator's own error. `starved` counts those that had to wait for a free connection.
    """

    started: float = 0.0
    ended: float = 0.0
    window_end: float = 0.0
    cpu: float = 0.0
    finished: "array[float]" = field(default_factory=lambda: array("d"))
    latency: "array[float]" = field(default_factory=_floats)
    failed: "array[int]" = field(default_factory=_indices)
    unanswered: "array[int]" = field(default_factory=_indices)
    late: "array[float]" = field(default_factory=_floats)
    model: "array[float]" = field(default_factory=_floats)
    connects: Sparse = field(default_factory=Sparse)
    handshakes: Sparse = field(default_factory=Sparse)
    transfers: Sparse = field(default_factory=Sparse)
    kinds: Counter[FailureKind] = field(default_factory=Counter)
    details: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    starved: int = 0
    received: int = 0
    body_received: int = 0
    server: str = ""
    document_length: int = 0
    aborted: str | None = None
    interrupted: bool = False

    def fail(self, kind: FailureKind, detail: str) -> None:
        """The request that is recorded next has failed."""
        index = len(self.latency)
        self.failed.append(index)
        if kind in ("connect", "closed", "protocol"):
            self.unanswered.append(index)
        self.kinds[kind] += 1
        if detail in self.details or len(self.details) < MOST_DETAILS:
            self.details[detail] += 1

    def add_model_time(self, text: bytes) -> None:
        """`text` is the value of x-ms-run-fn-exec-ms: milliseconds."""
        try:
            self.model.append(float(text) / 1000)
        except ValueError:
            return

    def end(self, now: float, seconds: float) -> None:
        """A request has ended, well or not."""
        self.finished.append(now)
        self.latency.append(seconds)


def joined(parts: Sequence[Recording]) -> Recording:
    """Several stretches as one, without the pauses between them."""
    whole = Recording()
    for part in parts:
        base, shift = len(whole.latency), whole.ended - part.started
        whole.finished.extend(finished + shift for finished in part.finished)
        whole.failed.extend(base + index for index in part.failed)
        whole.unanswered.extend(base + index for index in part.unanswered)
        for name in ("connects", "handshakes", "transfers"):
            getattr(whole, name).extend(getattr(part, name), base)
        for name in ("latency", "late", "model"):
            getattr(whole, name).extend(getattr(part, name))
        for name in ("kinds", "details", "statuses"):
            getattr(whole, name).update(getattr(part, name))
        whole.ended += part.ended - part.started
        whole.cpu += part.cpu
        whole.starved += part.starved
        whole.received += part.received
        whole.body_received += part.body_received
        whole.interrupted |= part.interrupted
        whole.aborted = whole.aborted or part.aborted
        whole.server, whole.document_length = part.server, part.document_length
    whole.window_end = whole.ended
    return whole

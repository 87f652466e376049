"""From a recording to a result."""

from array import array
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import compress
from operator import sub
from typing import TypeAlias

from mlops_cli.bench.recording import Recording, Sparse
from mlops_cli.bench.result import Latency, Result, Self, Settings, Slice, Spread
from mlops_cli.bench.statistics import bucket, mean_and_deviation, percentile

Floats: TypeAlias = "array[float]"
SLICES = 40
CURVE = (50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 100)
BUSY_CORE = 0.9
LATE_SECONDS = 1e-3
RATE_TOLERANCE = 0.99


def summarise(
    recording: Recording, settings: Settings, *, name: str, url: str, sent_bytes: int = 0
) -> Result:
    """Latencies count every request that was answered or timed out; a lost connection has none."""
    seconds = max(recording.ended - recording.started, 1e-9)
    window = max(recording.window_end - recording.started, 1e-9)
    failures = len(recording.failed)
    ordered = sorted(_answered(recording, recording.latency)[0])
    return Result(
        name=name,
        url=url,
        started_at=(datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="seconds"),
        settings=settings,
        seconds=seconds,
        requests=len(recording.latency),
        failures=failures,
        requests_per_second=_good_within(recording) / window,
        latency_ms=_latency(ordered),
        phases_ms=_phases(recording),
        percentiles_ms=_curve(ordered),
        failure_kinds={str(kind): count for kind, count in recording.kinds.items()},
        failure_details=dict(recording.details.most_common()),
        statuses=_statuses(recording),
        generator=_about_itself(recording, settings, seconds),
        received_bytes=recording.received,
        sent_bytes=sent_bytes,
        body_bytes=recording.body_received,
        document_bytes=recording.document_length,
        connections=len(recording.connects.index),
        server=recording.server,
        aborted=recording.aborted,
        interrupted=recording.interrupted,
        slices=slices(recording),
    )


def slices(recording: Recording, most: int = SLICES) -> list[Slice]:
    """The run cut into `most` equal stretches of time (fewer when there are fewer requests)."""
    count = max(1, min(most, len(recording.latency)))
    width = max(recording.ended - recording.started, 1e-9) / count
    failed, unanswered = set(recording.failed), set(recording.unanswered)
    parts = [Slice(n * width, width, 0, 0, {}) for n in range(count)]
    for index, (finished, latency) in enumerate(zip(recording.finished, recording.latency, strict=True)):
        part = parts[min(int((finished - recording.started) / width), count - 1)]
        part.requests += 1
        part.failures += index in failed
        if index not in unanswered:
            number = bucket(max(latency, 1e-9))
            part.buckets[number] = part.buckets.get(number, 0) + 1
    return parts


def _answered(recording: Recording, *columns: Floats) -> list[Floats]:
    """The columns without the requests that were never answered."""
    if not recording.unanswered:
        return list(columns)
    kept = bytearray(b"\1") * len(recording.latency)
    for index in recording.unanswered:
        kept[index] = 0
    return [array("f", compress(column, kept)) for column in columns]


def _good_within(recording: Recording) -> int:
    end = recording.window_end
    within = sum(finished <= end for finished in recording.finished)
    return within - sum(recording.finished[index] <= end for index in recording.failed)


def _latency(ordered: Sequence[float]) -> Latency:
    if not ordered:
        return Latency(None, None, None, None, None, None, None, None)
    mean, deviation = mean_and_deviation(ordered)
    p50, p90, p95, p99 = (percentile(ordered, p) * 1e3 for p in (50, 90, 95, 99))
    return Latency(mean * 1e3, p50, p90, p95, p99, ordered[-1] * 1e3, ordered[0] * 1e3, deviation * 1e3)


def _curve(ordered: Sequence[float]) -> dict[str, float]:
    """As ab has them, and those beyond 99 that at least one request lies above."""
    known = [p for p in CURVE if p <= 99 or p == 100 or len(ordered) * (100 - p) >= 100 - 1e-6]
    return {f"{p:g}": percentile(ordered, p) * 1e3 for p in known} if ordered else {}


def _phases(recording: Recording) -> dict[str, Spread]:
    """connect, tls, processing, waiting, model, transfer and total.

    As in ab, requests on an open connection count as 0 for connect, and processing is total minus connect.
    `waiting` ends with the first byte of the answer; `model` is what the service says of itself.
    """
    size = len(recording.latency)
    opening = _dense(size, recording.connects, recording.handshakes)
    transfer = _dense(size, recording.transfers)
    total, opening, transfer = _answered(recording, recording.latency, opening, transfer)
    processing = array("f", map(sub, total, opening))
    named = {
        "connect": opening,
        "tls": recording.handshakes.seconds,
        "processing": processing,
        "waiting": array("f", map(sub, processing, transfer)),
        "model": recording.model,
        "transfer": transfer,
        "total": total,
    }
    return {name: _spread(values) for name, values in named.items() if len(values)}


def _dense(size: int, *parts: Sparse) -> Floats:
    dense = array("f", bytes(4 * size))
    for part in parts:
        for index, seconds in zip(part.index, part.seconds, strict=True):
            dense[index] += seconds
    return dense


def _spread(values: Sequence[float]) -> Spread:
    ordered = sorted(values)
    mean, deviation = mean_and_deviation(ordered)
    numbers = (ordered[0], mean, deviation, percentile(ordered, 50), percentile(ordered, 99), ordered[-1])
    return Spread(len(ordered), *(number * 1e3 for number in numbers))


def _statuses(recording: Recording) -> dict[str, int]:
    """Only other statuses than 200 are counted one by one."""
    statuses = Counter(recording.statuses)
    silent = len(recording.unanswered) + recording.kinds["timeout"]
    statuses[200] += len(recording.latency) - silent - sum(statuses.values())
    return {str(status): count for status, count in sorted(statuses.items()) if count}


def _about_itself(recording: Recording, settings: Settings, seconds: float) -> Self:
    cores = recording.cpu / seconds
    late = sorted(recording.late)
    own = Self(cpu=cores, starved=recording.starved)
    if late:
        own.late_us = {
            name: percentile(late, p) * 1e6 for name, p in (("p50", 50), ("p99", 99), ("max", 100))
        }
    own.limit = _limit(own, recording, settings)
    return own


def _limit(own: Self, recording: Recording, settings: Settings) -> str | None:
    count = len(recording.latency)
    if settings.rate is None:
        busy = own.cpu >= BUSY_CORE and count >= 1000
        return (
            f"the generator used {own.cpu:.0%} of a core: the server may be able to do more" if busy else None
        )
    reasons = []
    if own.starved > (1 - RATE_TOLERANCE) * count:
        reasons.append(
            f"{own.starved / count:.0%} of the requests waited for one of the {settings.concurrency} connections: "
            "the server is slower than the rate, or -c is too low"
        )
    if own.late_us and own.late_us["p99"] > LATE_SECONDS * 1e6:
        late = own.late_us["p99"] / 1e3
        reasons.append(f"1 % of the requests were sent {late:.1f} ms late or more: this machine was too busy")
    return "; ".join(reasons) or None

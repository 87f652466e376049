"""Whether two results differ, beyond what chance does."""

import math

from msgspec import Struct

from mlops_cli.bench.result import Result, Slice
from mlops_cli.bench.statistics import bootstrap, histogram_mean, histogram_percentiles

METRICS = ("requests/s", "mean", "p50", "p95", "p99")
FEWEST_REQUESTS = 100
"""Fewer say nothing about a 95th percentile."""


class Difference(Struct):
    """One figure of two results. `change` and its 95 % interval are relative: 0.1 is 10 % more in `now`.

    `verdict` is better, worse or "no difference".
    """

    metric: str
    before: float
    now: float
    change: float
    low: float
    high: float
    verdict: str


def compare(before: Result, now: Result) -> list[Difference]:
    """The figures of both results, and whether they differ."""
    left, right = _figures(before.slices), _figures(now.slices)
    intervals = bootstrap(before.slices, now.slices, _changes)
    rows = zip(METRICS, left, right, _changes(before.slices, now.slices), intervals, strict=True)
    return [
        Difference(name, old, new, change, low, high, _verdict(name, low, high))
        for name, old, new, change, (low, high) in rows
    ]


def figure(value: float) -> str:
    """As people read it: 120,345 and 0.4702."""
    return f"{value:,.0f}" if value >= 10_000 else f"{value:,.5g}"


def regressions(before: Result, now: Result, most: float) -> list[Difference]:
    """What is worse by more than `most` (0.1 is 10 %), even at the kinder end of its interval."""
    return [difference for difference in compare(before, now) if _at_least_worse(difference) > most]


def too_few(before: Result, now: Result) -> str | None:
    """Why the comparison means little."""
    fewest = min(before.requests, now.requests)
    return f"only {fewest} requests: too few to compare well" if fewest < FEWEST_REQUESTS else None


def _at_least_worse(difference: Difference) -> float:
    return -difference.high if difference.metric == "requests/s" else difference.low


def _verdict(name: str, low: float, high: float) -> str:
    if math.isnan(low) or low <= 0 <= high:
        return "no difference"
    return "better" if (low > 0) == (name == "requests/s") else "worse"


def _changes(before: list[Slice], now: list[Slice]) -> list[float]:
    pairs = zip(_figures(before), _figures(now), strict=True)
    return [new / old - 1 if old else math.nan for old, new in pairs]


def _figures(slices: list[Slice]) -> list[float]:
    """What METRICS names: requests/s, then milliseconds."""
    merged: dict[int, int] = {}
    for part in slices:
        for number, count in part.buckets.items():
            merged[number] = merged.get(number, 0) + count
    seconds = sum(part.seconds for part in slices)
    good = sum(part.requests - part.failures for part in slices)
    times = [histogram_mean(merged), *histogram_percentiles(merged, (50, 95, 99))]
    return [good / seconds if seconds else math.nan, *(value * 1e3 for value in times)]

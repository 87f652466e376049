"""Whether two results differ, beyond what chance does."""

import math
from collections.abc import Callable

from msgspec import Struct

from mlops_cli.bench.result import Result, Slice
from mlops_cli.bench.statistics import bootstrap, histogram_mean, histogram_percentile

Statistic = Callable[[list[Slice]], float]
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
    return [_difference(name, before, now) for name in _STATISTICS]


def regressions(before: Result, now: Result, most: float) -> list[Difference]:
    """What is worse by more than `most` (0.1 is 10 %), even at the kinder end of its interval."""
    return [difference for difference in compare(before, now) if _at_least_worse(difference) > most]


def too_few(before: Result, now: Result) -> str | None:
    """Why the comparison means little."""
    fewest = min(before.requests, now.requests)
    return f"only {fewest} requests: too few to compare well" if fewest < FEWEST_REQUESTS else None


def _at_least_worse(difference: Difference) -> float:
    return -difference.high if difference.metric == "requests/s" else difference.low


def _difference(name: str, before: Result, now: Result) -> Difference:
    statistic, scale = _STATISTICS[name]
    left, right = statistic(before.slices), statistic(now.slices)

    def change(first: list[Slice], second: list[Slice]) -> float:
        base = statistic(first)
        return statistic(second) / base - 1 if base and not math.isnan(base) else math.nan

    low, high = bootstrap(before.slices, now.slices, change)
    verdict = _verdict(name, low, high)
    return Difference(
        name, left * scale, right * scale, right / left - 1 if left else math.nan, low, high, verdict
    )


def _verdict(name: str, low: float, high: float) -> str:
    if math.isnan(low) or low <= 0 <= high:
        return "no difference"
    return "better" if (low > 0) == (name == "requests/s") else "worse"


def _rate(slices: list[Slice]) -> float:
    seconds = sum(part.seconds for part in slices)
    return sum(part.requests - part.failures for part in slices) / seconds if seconds else math.nan


def _merged(slices: list[Slice]) -> dict[int, int]:
    merged: dict[int, int] = {}
    for part in slices:
        for number, count in part.buckets.items():
            merged[number] = merged.get(number, 0) + count
    return merged


def _quantile(percent: float) -> Statistic:
    return lambda slices: histogram_percentile(_merged(slices), percent)


_STATISTICS: dict[str, tuple[Statistic, float]] = {
    "requests/s": (_rate, 1.0),
    "mean": (lambda slices: histogram_mean(_merged(slices)), 1e3),
    "p50": (_quantile(50), 1e3),
    "p95": (_quantile(95), 1e3),
    "p99": (_quantile(99), 1e3),
}

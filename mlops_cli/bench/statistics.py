"""Percentiles, spreads, log-linear histograms and a block bootstrap. Standard library only."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import mul
from typing import TypeVar

BUCKETS_PER_OCTAVE = 128
"""A bucket is at most 0.8 % wide, its middle at most 0.4 % off."""
Block = TypeVar("Block")
CONFIDENCE = 0.95
RESAMPLES = 400
SEED = 20_240


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value below which `percent` % of `ordered` (ascending) lie, interpolated; nan of nothing."""
    if not ordered:
        return math.nan
    position = (len(ordered) - 1) * percent / 100
    low = int(position)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (position - low)


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Arithmetic mean and sample standard deviation; nan and 0 of nothing."""
    if not values:
        return math.nan, 0.0
    count = len(values)
    mean = math.fsum(values) / count
    squares = math.fsum(map(mul, values, values)) - count * mean * mean
    return mean, math.sqrt(max(squares, 0.0) / (count - 1)) if count > 1 else 0.0


def bucket(value: float) -> int:
    """The number of the log-linear bucket that `value` (> 0) falls into."""
    mantissa, exponent = math.frexp(value)
    return exponent * BUCKETS_PER_OCTAVE + int((mantissa - 0.5) * 2 * BUCKETS_PER_OCTAVE)


def bucket_start(number: int) -> float:
    """The smallest value of bucket `number`."""
    exponent, part = divmod(number, BUCKETS_PER_OCTAVE)
    return math.ldexp(0.5 + part / (2 * BUCKETS_PER_OCTAVE), exponent)


def bucket_middle(number: int) -> float:
    return (bucket_start(number) + bucket_start(number + 1)) / 2


def histogram(values: Iterable[float]) -> Counter[int]:
    return Counter(map(bucket, values))


def histogram_percentile(counts: Mapping[int, int], percent: float) -> float:
    """The same as `percentile`, to the width of a bucket."""
    return histogram_percentiles(counts, (percent,))[0]


def histogram_percentiles(counts: Mapping[int, int], percents: Sequence[float]) -> list[float]:
    """Several in one go; `percents` ascend."""
    total = sum(counts.values())
    found: list[float] = []
    seen = 0
    for number in sorted(counts):
        seen += counts[number]
        while len(found) < len(percents) and seen >= total * percents[len(found)] / 100:
            found.append(bucket_middle(number))
    return found + [math.nan] * (len(percents) - len(found))


def histogram_mean(counts: Mapping[int, int]) -> float:
    total = sum(counts.values())
    return sum(bucket_middle(n) * count for n, count in counts.items()) / total if total else math.nan


def bootstrap(
    left: Sequence[Block],
    right: Sequence[Block],
    changes: Callable[[list[Block], list[Block]], Sequence[float]],
) -> list[tuple[float, float]]:
    """The 95 % interval of each of `changes(left, right)`, by drawing whole blocks with replacement.

    Blocks are stretches of time: within one, requests resemble each other, and drawing single requests would
    find a difference between any two runs (Künsch 1989).
    """
    generator = random.Random(SEED)  # noqa: S311 - statistics, not secrets
    drawn = [
        changes(generator.choices(left, k=len(left)), generator.choices(right, k=len(right)))
        for _ in range(RESAMPLES)
    ]
    edge = (1 - CONFIDENCE) / 2 * 100
    intervals = []
    for values in zip(*drawn, strict=True):
        ordered = sorted(value for value in values if not math.isnan(value))
        intervals.append((percentile(ordered, edge), percentile(ordered, 100 - edge)))
    return intervals

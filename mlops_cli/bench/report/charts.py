"""The four pictures of a result: latency and rate over time, histogram, percentiles."""

import math
from collections import Counter

from mlops_cli.bench.report import svg
from mlops_cli.bench.result import Result, Slice
from mlops_cli.bench.statistics import bucket_start, histogram_percentile

LINES = ((99.0, "p99", "c3"), (95.0, "p95", "c2"), (50.0, "p50", "c1"))
BARS = 60
SHOWN_UP_TO = 99.95
"""The histogram ends at this percentile: one outlier would squeeze the rest into a line."""


def latency_over_time(result: Result) -> str:
    parts = [part for part in result.slices if part.buckets]
    lines = [
        svg.Line(name, style, [(_middle(p), histogram_percentile(p.buckets, percent) * 1e3) for p in parts])
        for percent, name, style in LINES
    ]
    highest = max((value for line in lines for _, value in line.points), default=0.0)
    x, y = svg.horizontal(0.0, result.seconds, _seconds), svg.vertical(highest, _milliseconds)
    return svg.chart("Latency over time", x, y, [], lines)


def rate_over_time(result: Result) -> str:
    parts = result.slices
    highest = max((part.requests / part.seconds for part in parts), default=0.0)
    x, y = svg.horizontal(0.0, result.seconds, _seconds), svg.vertical(highest, _count)
    marks = []
    for part in parts:
        span = (part.start, part.start + part.seconds)
        done, failed = part.requests / part.seconds, part.failures / part.seconds
        tip = f"{done:,.0f}/s, {part.failures} failed, {part.start:.2f} s"
        marks.append(svg.bar(x, y, span, done, "b1", tip))
        if part.failures:
            marks.append(svg.bar(x, y, span, failed, "bad", tip))
    return svg.chart("Requests per second", x, y, marks)


def histogram(result: Result) -> str:
    """On a logarithmic axis: a fast majority and a slow tail both keep their shape."""
    counts = _merged(result)
    if not counts:
        return ""
    low = math.log10(bucket_start(min(counts)) * 1e3)
    high = max(math.log10(histogram_percentile(counts, SHOWN_UP_TO) * 1e3), low + 0.05)
    width = (high - low) / BARS
    bars = Counter[int]()
    for number, count in counts.items():
        place = int((math.log10(bucket_start(number) * 1e3) - low) / width)
        bars[min(max(place, 0), BARS - 1)] += count
    x, y = svg.logarithmic(low, high, _milliseconds), svg.vertical(max(bars.values()), _count)
    edges = [low + n * width for n in range(BARS + 1)]
    marks = [
        svg.bar(x, y, (edges[n], edges[n + 1]), count, "b1", f"{_range(edges[n], edges[n + 1])}: {count:,}")
        for n, count in sorted(bars.items())
    ]
    return svg.chart("Histogram of latency (requests)", x, y, marks)


def percentiles(result: Result) -> str:
    """On an axis where each nine takes the same room."""
    counts = _merged(result)
    total = sum(counts.values())
    if total < 2:
        return ""
    most = min(math.log10(total), 5.0)
    nines = [most * n / 80 for n in range(81)]
    points = [(n, histogram_percentile(counts, 100 * (1 - 10**-n)) * 1e3) for n in nines]
    ticks = [(n, _percent(n)) for n in range(math.floor(most) + 1)]
    x = svg.Axis(svg.horizontal(0.0, most, str).place, ticks)
    y = svg.vertical(max(value for _, value in points), _milliseconds)
    return svg.chart("Latency by percentile", x, y, [], [svg.Line("latency", "c1", points)])


def _merged(result: Result) -> Counter[int]:
    counts = Counter[int]()
    for part in result.slices:
        counts.update(part.buckets)
    return counts


def _middle(part: Slice) -> float:
    return part.start + part.seconds / 2


def _range(low: float, high: float) -> str:
    return f"{10**low:.3g} to {10**high:.3g} ms"


def _percent(nines: int) -> str:
    return ("0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %")[nines]


def _seconds(value: float) -> str:
    return f"{value:g} s"


def _milliseconds(value: float) -> str:
    return f"{value:g} ms"


def _count(value: float) -> str:
    return f"{value:,.10g}"

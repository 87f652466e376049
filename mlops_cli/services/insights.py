"""What `insights` means: a summary of the requests that a service recorded."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from mlops_cli.domain.endpoints import RequestRecord

PERCENTILES = (50, 95, 99)


def summary(records: Iterable[RequestRecord], minutes: int = 10) -> dict[str, Any]:
    """Requests, failures and response times in all, and for each of the last `minutes` with requests.

    A failure is a status of 500 and above; one of 400 to 499 was the client's and is counted apart.
    Only scoring counts, not health checks and Swagger.
    """
    by_minute: dict[str, list[RequestRecord]] = defaultdict(list)
    for record in records:
        if record.path == "/score":
            by_minute[record.time[:16]].append(record)
    everything = [record for minute in by_minute.values() for record in minute]
    latest = sorted(by_minute)[-minutes:]
    return {
        **_figures(everything),
        "statuses": dict(sorted(Counter(str(record.status) for record in everything).items())),
        "rows": sum(record.rows or 0 for record in everything),
        "first": min((record.time for record in everything), default=None),
        "last": max((record.time for record in everything), default=None),
        "minutes": [{"minute": minute, **_figures(by_minute[minute])} for minute in latest],
    }


def percentile(ordered: list[float], percent: float) -> float:
    """The nearest-rank percentile of values in ascending order."""
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def _figures(records: list[RequestRecord]) -> dict[str, Any]:
    times = sorted(record.duration_ms for record in records)
    runs = sorted(record.run_ms for record in records if record.run_ms is not None)
    return {
        "requests": len(records),
        "failures": sum(record.status >= 500 for record in records),
        "client_errors": sum(400 <= record.status < 500 for record in records),
        "latency_ms": _times(times),
        "model_ms": _times(runs),
    }


def _times(ordered: list[float]) -> dict[str, float] | None:
    if not ordered:
        return None
    figures = {f"p{percent}": percentile(ordered, percent) for percent in PERCENTILES}
    return {"mean": round(sum(ordered) / len(ordered), 3), **figures, "max": ordered[-1]}

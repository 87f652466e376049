"""Counts in Prometheus' text exposition format 0.0.4."""

from collections.abc import Iterator

from mlops_cli.engine.serving.counters import (
    BUCKETS,
    CODE,
    CPU,
    IN_FLIGHT,
    MODEL,
    MODEL_SUM,
    REQUEST,
    REQUEST_SUM,
    ROWS,
    RSS,
)


def counted(total: list[float]) -> Iterator[str]:
    yield from _head("mlops_requests_total", "counter", "Scoring requests answered, by status code.")
    for code, count in enumerate(total[CODE:]):
        if count:
            yield f'mlops_requests_total{{code="{code}"}} {count:.0f}'
    yield from _head("mlops_rows_total", "counter", "Rows scored.")
    yield f"mlops_rows_total {total[ROWS]:.0f}"
    text = "Seconds from a whole request to its answer."
    yield from _histogram("mlops_request_duration_seconds", text, total, REQUEST, total[REQUEST_SUM])
    text = "Seconds of that in run(), the model; of requests scored together those of their one run."
    yield from _histogram("mlops_model_duration_seconds", text, total, MODEL, total[MODEL_SUM])


def _histogram(name: str, text: str, total: list[float], start: int, whole: float) -> Iterator[str]:
    yield from _head(name, "histogram", text)
    count = 0.0
    for bound, more in zip((*BUCKETS, "+Inf"), total[start:], strict=False):
        count += more
        yield f'{name}_bucket{{le="{bound}"}} {count:.0f}'
    yield f"{name}_sum {whole!r}"
    yield f"{name}_count {count:.0f}"


def alive(workers: dict[str, list[float]]) -> Iterator[str]:
    yield from _head("mlops_workers", "gauge", "Worker processes of the service.")
    yield f"mlops_workers {len(workers)}"
    yield from _head("mlops_requests_in_flight", "gauge", "Scoring requests being answered, by worker.")
    yield from (
        f'mlops_requests_in_flight{{worker="{pid}"}} {v[IN_FLIGHT]:.0f}' for pid, v in workers.items()
    )
    yield from _head("process_cpu_seconds_total", "counter", "CPU time of each worker process.")
    yield from (f'process_cpu_seconds_total{{worker="{pid}"}} {v[CPU]!r}' for pid, v in workers.items())
    yield from _head("process_resident_memory_bytes", "gauge", "Resident memory of each worker process.")
    yield from (f'process_resident_memory_bytes{{worker="{pid}"}} {v[RSS]:.0f}' for pid, v in workers.items())


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"

"""Whether a load test has kept within its limits."""

from mlops_cli.bench.recording import Recording
from mlops_cli.bench.result import GateResult, Result, with_unit
from mlops_cli.bench.statistics import histogram_percentile, percentile
from mlops_cli.domain.gates import Gate

RECENT = 1_000
"""An abort gate looks at so many of the latest requests, and at none before there are a tenth of them."""


def value_of(gate: Gate, result: Result) -> float | None:
    """What the gate is about, in its own unit; None where nothing was measured."""
    match gate.metric:
        case "errors":
            return result.error_percent
        case "failures":
            return float(result.failures)
        case "rps":
            return result.requests_per_second
        case "p":
            return _percentile(gate.percent or 0.0, result)
        case name:
            value: float | None = getattr(result.latency_ms, name)
            return value


def judge(gates: list[Gate], result: Result) -> list[GateResult]:
    judged = []
    for gate in gates:
        value = value_of(gate, result)
        judged.append(GateResult(gate.text, value, gate.holds(value)))
    return judged


def reason_to_abort(gates: list[Gate], recording: Recording, now: float) -> str | None:
    """The first gate that the latest requests miss, as a sentence."""
    done = len(recording.latency)
    if done < RECENT // 10:
        return None
    first = max(0, done - RECENT)
    failed = sum(1 for index in recording.failed[-RECENT:] if index >= first)
    recent = sorted(recording.latency[first:])
    for gate in gates:
        value = _recent_value(gate, recent, failed, recording, now)
        if not gate.holds(value):
            return (
                f"{gate.text} is missed: {with_unit(gate.text, value)} over the last {len(recent):,} requests"
            )
    return None


def _recent_value(gate: Gate, recent: list[float], failed: int, recording: Recording, now: float) -> float:
    match gate.metric:
        case "errors":
            return 100 * failed / len(recent)
        case "failures":
            return float(len(recording.failed))
        case "rps":
            return (len(recent) - failed) / max(now - recording.finished[-len(recent)], 1e-9)
        case "mean":
            return sum(recent) / len(recent) * 1e3
        case name:
            percent = {"min": 0.0, "max": 100.0}.get(name, gate.percent or 0.0)
            return percentile(recent, percent) * 1e3


def _percentile(percent: float, result: Result) -> float | None:
    exact = result.percentiles_ms.get(f"{percent:g}")
    if exact is not None or not result.percentiles_ms:
        return exact
    merged: dict[int, int] = {}
    for part in result.slices:
        for number, count in part.buckets.items():
            merged[number] = merged.get(number, 0) + count
    return histogram_percentile(merged, percent) * 1e3

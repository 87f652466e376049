"""The highest rate that still holds the gates, and what a given load needs."""

import math
from collections.abc import Callable

from msgspec import Struct, field

from mlops_cli.bench.gates import judge
from mlops_cli.bench.result import Result
from mlops_cli.domain.gates import Gate, parse_all
from mlops_cli.errors import UsageError

Measure = Callable[[float | None], Result]
"""Runs one step at that rate; None: as fast as answers come."""
GROWTH = 1.5
PRECISION = 0.05
"""The limit is found to within 5 %."""
KEPT_RATE = 0.99
"""A step whose right answers come at less than 99 % of the rate has not held it."""
MOST_STEPS = 16
TRIES = 2
"""A step counts as missed when it misses twice: one hiccup of the machine is no limit."""


class Step(Struct):
    """One rate that was tried. `missed` names the gates, or "rate" where the server did not keep up."""

    rate: float
    answered: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    error_percent: float
    missed: list[str]


class Capacity(Struct):
    """`rate` is the highest that held; 0 when none did. `ceiling` is what a closed loop reached."""

    gates: list[str]
    rate: float
    ceiling: float
    steps: list[Step] = field(default_factory=list)
    generator_limit: str | None = None


class Sizing(Struct):
    """What a load needs. `cores` and `memory_mb` are None where the service's processes cannot be seen."""

    rps: float
    gates: list[str]
    feasible: bool
    workers: int
    capacity_per_worker: float
    cores: float | None
    memory_mb: float | None
    note: str


class Footprint(Struct):
    """What the service's processes used during the search. `cpu_seconds` per answered request."""

    workers: int
    cpu_seconds: float | None = None
    memory_mb_per_worker: float | None = None


def find_limit(gates: list[Gate], measure: Measure, on_step: Callable[[Step], None]) -> Capacity:
    """Go up from a fraction of the ceiling until a gate is missed, then halve the gap."""
    first = measure(None)
    found = Capacity([gate.text for gate in gates], 0.0, first.requests_per_second)
    holding, missing = 0.0, math.inf
    rate = max(found.ceiling * 0.2, 1.0)
    while len(found.steps) < MOST_STEPS and (holding == 0 or missing / holding > 1 + PRECISION):
        step, result = _try(rate, gates, measure)
        found.steps.append(step)
        on_step(step)
        if step.missed:
            missing = rate
        else:
            holding = rate
        own = result.generator.limit
        if step.missed and own and "machine" in own:
            found.generator_limit = own
        rate = _next(holding, missing)
        if rate < 1:
            break
    found.rate = holding
    return found


def parse_sizing(text: str) -> tuple[float, list[Gate]]:
    """`rps=200,p95<50ms` as a rate and gates. Raises UsageError."""
    parts = [part.strip() for part in text.split(",")]
    rates = [part.partition("=")[2] for part in parts if part.startswith("rps=")]
    gates = parse_all([part for part in parts if not part.startswith("rps=")])
    try:
        (rate,) = map(float, rates)
    except ValueError:
        rate = 0.0
    if rate <= 0 or not gates:
        raise UsageError(f"'{text}' does not say what to size for", hint="write rps=200,p95<50ms")
    return rate, gates


def size(rps: float, capacity: Capacity, footprint: Footprint, *, headroom: float = 0.8) -> Sizing:
    """Workers, cores and memory for `rps`, each worker loaded to `headroom` of what it was seen to hold.

    Workers share nothing, so capacity is taken to grow with their number; above the cores of a machine it does
    not, and the cores say so.
    """
    per_worker = capacity.rate / footprint.workers
    if per_worker == 0:
        note = "no rate held the gates: more workers will not help, a faster model or a looser gate will"
        return Sizing(rps, capacity.gates, False, 0, 0.0, None, None, note)
    workers = max(1, math.ceil(rps / (per_worker * headroom)))
    cores = None if footprint.cpu_seconds is None else rps * footprint.cpu_seconds / headroom
    per = footprint.memory_mb_per_worker
    note = f"each worker loaded to {headroom:.0%} of what it was measured to hold"
    return Sizing(rps, capacity.gates, True, workers, per_worker, cores, per and per * workers, note)


def _try(rate: float, gates: list[Gate], measure: Measure) -> tuple[Step, Result]:
    for _ in range(TRIES):
        result = measure(rate)
        step = _step(rate, gates, result)
        if not step.missed or result.interrupted:
            break
    return step, result


def _step(rate: float, gates: list[Gate], result: Result) -> Step:
    missed = [gate.gate for gate in judge(gates, result) if not gate.passed]
    if result.requests_per_second < KEPT_RATE * rate:
        missed.append("rate")
    times = result.latency_ms
    answered = result.requests_per_second
    return Step(rate, answered, times.p50, times.p95, times.p99, result.error_percent, missed)


def _next(holding: float, missing: float) -> float:
    if missing == math.inf:
        return holding * GROWTH
    if holding == 0:
        return missing / 2
    return math.sqrt(holding * missing)

"""Comparing results, finding the limit, sizing: with results made up and with real servers."""

import random
from collections.abc import Iterable

import pytest

from mlops_cli.bench.compare import compare, figure, regressions, too_few
from mlops_cli.bench.limit import Capacity, Footprint, Step, find_limit, parse_sizing, size
from mlops_cli.bench.plan import Load
from mlops_cli.bench.recording import Recording, joined
from mlops_cli.bench.result import Result, Settings
from mlops_cli.bench.session import interleave
from mlops_cli.bench.summary import summarise
from mlops_cli.domain.gates import parse_all
from mlops_cli.errors import UsageError
from tests.bench.conftest import Opener
from tests.bench.server import Piece, Server, predictions


def recording(seed: int, *, median: float = 0.010, count: int = 4000, seconds: float = 10.0) -> Recording:
    """Log-normal latencies, evenly over the time."""
    dice = random.Random(seed)
    made = Recording(started=0.0, ended=seconds, window_end=seconds)
    for index in range(count):
        made.end(seconds * (index + 1) / count, dice.lognormvariate(0, 0.3) * median)
    return made


def result(seed: int, rate: float | None = None, **more: float) -> Result:
    settings = Settings(4, True, 60.0, rate=rate)
    return summarise(recording(seed, **more), settings, name="toy", url="http://h/")  # type: ignore[arg-type]


def verdicts(before: Result, now: Result) -> dict[str, str]:
    return {difference.metric: difference.verdict for difference in compare(before, now)}


def test_the_same_twice_is_no_difference() -> None:
    found = compare(result(1), result(2))
    assert {difference.verdict for difference in found} == {"no difference"}
    assert regressions(result(1), result(2), 0.0) == []
    assert all(difference.low <= difference.change <= difference.high for difference in found)


def test_a_slower_one_is_worse_and_by_how_much() -> None:
    found = {difference.metric: difference for difference in compare(result(1), result(2, median=0.012))}
    assert found["p50"].verdict == found["p95"].verdict == "worse"
    assert found["p50"].change == pytest.approx(0.2, abs=0.03)
    assert found["p50"].before == pytest.approx(10, rel=0.03)
    assert found["requests/s"].verdict == "no difference"
    assert verdicts(result(2, median=0.012), result(1))["p50"] == "better"
    assert verdicts(result(1), result(2, count=3000))["requests/s"] == "worse"


def test_a_regression_is_one_only_beyond_what_is_allowed() -> None:
    slower = result(2, median=0.012)
    assert {d.metric for d in regressions(result(1), slower, 0.10)} >= {"p50", "mean"}
    assert regressions(result(1), slower, 0.25) == []
    assert "requests/s" in {d.metric for d in regressions(result(1), result(2, count=3000), 0.10)}


def test_few_requests_are_said_to_be_few() -> None:
    assert too_few(result(1), result(2)) is None
    assert "only 50 requests" in str(too_few(result(1), result(2, count=50)))


def test_stretches_are_joined_without_their_pauses() -> None:
    one, two = recording(1, count=10, seconds=1), recording(2, count=20, seconds=2)
    two.started, two.ended = 100.0, 102.0
    two.finished = type(two.finished)("d", (100 + value for value in two.finished))
    two.failed.append(3)
    two.connects.add(4, 0.5)
    whole = joined([one, two])
    assert (whole.ended - whole.started, len(whole.latency)) == (3.0, 30)
    assert list(whole.finished) == sorted(whole.finished)
    assert list(whole.failed) == [13]
    assert list(whole.connects.index) == [14]


def slow(seconds: float) -> object:
    def answering(body: bytes, number: int) -> Iterable[Piece]:
        return [seconds, *predictions(body, number)]

    return answering


def test_two_servers_in_turns(aim_at: Opener) -> None:
    with Server(slow(0.002)) as fast, Server(slow(0.006)) as slower:  # type: ignore[arg-type]
        before, now = interleave(aim_at(fast), aim_at(slower), Load(requests=200))
    assert before.requests == now.requests == len(fast.requests) == len(slower.requests) == 200
    assert verdicts(before, now)["p50"] == "worse"
    assert before.connections == 1


class Model:
    """A server that holds `capacity` requests/s and becomes slow above, told to the search as results."""

    def __init__(self, capacity: float) -> None:
        self.capacity = capacity
        self.rates: list[float | None] = []

    def __call__(self, rate: float | None) -> Result:
        self.rates.append(rate)
        asked = self.capacity * 1.1 if rate is None else rate
        answered = min(asked, self.capacity)
        median = 0.01 if asked <= self.capacity else 0.5
        return result(len(self.rates), rate, median=median, count=int(answered), seconds=1.0)


@pytest.mark.parametrize("capacity", [300, 1000, 7000])
def test_the_limit_is_found_to_within_its_precision(capacity: int) -> None:
    steps: list[Step] = []
    found = find_limit(parse_all(["p95<100ms"]), Model(capacity), steps.append)
    assert capacity * 0.94 <= found.rate <= capacity
    assert steps == found.steps
    assert {name for step in steps for name in step.missed} <= {"p95<100ms", "rate"}


def test_one_hiccup_is_no_limit() -> None:
    steady = Model(1000)

    def hiccup(rate: float | None) -> Result:
        measured = steady(rate)
        return result(1, rate, median=0.5) if len(steady.rates) == 2 else measured

    assert find_limit(parse_all(["p95<100ms"]), hiccup, lambda _: None).rate >= 940


def test_a_gate_that_nothing_holds() -> None:
    model = Model(100)
    found = find_limit(parse_all(["p95<1ms"]), model, lambda _: None)
    assert found.rate == 0
    assert len(model.rates) < 40
    sizing = size(10, found, Footprint(1))
    assert not sizing.feasible
    assert "more workers will not help" in sizing.note


def test_sizing_leaves_headroom() -> None:
    capacity = Capacity(["p95<50ms"], rate=200, ceiling=250)
    found = size(900, capacity, Footprint(workers=2, cpu_seconds=0.005, memory_mb_per_worker=150))
    assert (found.workers, found.capacity_per_worker, found.memory_mb) == (12, 100, 1800)
    assert found.cores == pytest.approx(900 * 0.005 / 0.8)
    assert size(1, capacity, Footprint(2)).workers == 1
    assert size(1, capacity, Footprint(2)).cores is None


def test_how_a_sizing_is_written() -> None:
    rps, gates = parse_sizing("rps=200, p95<50ms,errors<1%")
    assert (rps, [gate.text for gate in gates]) == (200, ["p95<50ms", "errors<1%"])
    for wrong in ("p95<50ms", "rps=200", "rps=x,p95<50ms", "rps=1,rps=2,p95<5ms", ""):
        with pytest.raises(UsageError, match="does not say what to size for"):
            parse_sizing(wrong)


def test_figures_are_read_as_people_write_them() -> None:
    assert [figure(value) for value in (120_345.4, 10_048.44, 300.58, 0.470166, 0.0)] == [
        "120,345",
        "10,048",
        "300.58",
        "0.47017",
        "0",
    ]

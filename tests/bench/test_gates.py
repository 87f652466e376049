"""Gates: how they are written, and what they are true of."""

import pytest

from mlops_cli.bench.gates import judge, reason_to_abort
from mlops_cli.bench.recording import Recording
from mlops_cli.bench.result import Result, Settings
from mlops_cli.bench.summary import summarise
from mlops_cli.domain.gates import parse, parse_all
from mlops_cli.errors import UsageError


def recording(latencies: list[float], failed: int = 0, seconds: float = 1.0) -> Recording:
    """Requests that ended evenly within `seconds`; the first `failed` of them had a wrong status."""
    made = Recording(started=100.0, ended=100.0 + seconds, window_end=100.0 + seconds)
    for index, latency in enumerate(latencies):
        if index < failed:
            made.fail("status", "status 500")
        made.end(100.0 + seconds * (index + 1) / len(latencies), latency)
    return made


def result(latencies: list[float], **more: float) -> Result:
    return summarise(recording(latencies, **more), Settings(4, True, 60.0), name="toy", url="http://h/")  # type: ignore[arg-type]


HUNDRED = [n / 1000 for n in range(1, 101)]
"""1 to 100 ms."""


@pytest.mark.parametrize(
    ("gate", "value", "passed"),
    [
        ("p95<250ms", 95.05, True),
        ("p95 < 0.05s", 95.05, False),
        ("P50<=50500us", 50.5, True),
        ("p97<98ms", 97.0, True),
        ("p99.9<100ms", 99.9, True),
        ("max<100ms", 100.0, False),
        ("max<=100.1ms", 100.0, True),
        ("min>=1ms", 1.0, True),
        ("mean<51ms", 50.5, True),
        ("errors<3%", 2.0, True),
        ("errors<2%", 2.0, False),
        ("errors<3", 2.0, True),
        ("failures<=1", 2.0, False),
        ("rps>97", 98.0, True),
        ("rps>=99/s", 98.0, False),
    ],
)
def test_a_gate_is_judged_in_its_own_unit(gate: str, value: float, passed: bool) -> None:
    (judged,) = judge([parse(gate)], result(HUNDRED, failed=2))
    assert judged.gate == gate
    assert judged.value == pytest.approx(value, rel=0.01)
    assert judged.passed is passed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p95",
        "p95<250",
        "p95=250ms",
        "p0<1ms",
        "p101<1ms",
        "p<1ms",
        "mean50<1ms",
        "errors<1ms",
        "rps>2%",
        "x<1ms",
    ],
)
def test_what_is_no_gate_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert "p95<250ms" in str(caught.value.hint)


def test_one_text_may_hold_several_gates() -> None:
    assert [gate.text for gate in parse_all(["p95<1s, errors<1%", "rps>5"])] == [
        "p95<1s",
        "errors<1%",
        "rps>5",
    ]


def test_without_any_answer_no_latency_gate_holds() -> None:
    empty = result([])
    assert [g.passed for g in judge(parse_all(["p95<1s", "max<1s", "errors<1%"]), empty)] == [False] * 3


def test_a_run_is_not_stopped_before_there_are_enough_requests() -> None:
    gates = parse_all(["p95<10ms"])
    assert reason_to_abort(gates, recording([1.0] * 99), 101.0) is None
    assert "p95<10ms" in str(reason_to_abort(gates, recording([1.0] * 100), 101.0))


def test_a_run_is_stopped_by_its_latest_requests() -> None:
    slow_then_fast = recording([1.0] * 2000 + [0.001] * 1000)
    assert reason_to_abort(parse_all(["p95<10ms", "max<10ms", "mean<10ms"]), slow_then_fast, 101.0) is None
    failing = recording([0.001] * 500, failed=50)
    assert "errors<1%" in str(reason_to_abort(parse_all(["errors<1%"]), failing, 101.0))
    assert reason_to_abort(parse_all(["errors<20%", "rps>100"]), failing, 101.0) is None
    assert "rps>600" in str(reason_to_abort(parse_all(["rps>600"]), failing, 101.0))

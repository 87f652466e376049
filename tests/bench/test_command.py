"""`mlops bench` as it is called: files, exit codes, what is on which stream."""

import json
import re
from collections.abc import Iterable, Iterator

import pytest

from mlops_cli.cli.bench_options import percent
from tests.bench.server import Piece, Server, http, predictions
from tests.conftest import Mlops

LOAD = ("-n", "100", "-c", "2", "--warmup", "0")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def bench(mlops: Mlops) -> Mlops:
    (mlops.project / "rows.json").write_text('[{"a": 1}, {"a": 2}, {"a": 3}]')
    return mlops


def to(server: Server, *more: str) -> tuple[str, ...]:
    return ("bench", "--url", server.url, "--data", "rows.json", *LOAD, *more)


def test_the_json_has_the_fields_that_scripts_rely_on(bench: Mlops, server: Server) -> None:
    result = bench(*to(server, "--gate", "p95<10s", "-o", "json")).json()
    assert (result["requests"], result["failures"]) == (100, 0)
    assert result["requests_per_second"] > 0
    assert {"mean", "p50", "p90", "p95", "p99", "max"} <= set(result["latency_ms"])
    assert result["gates"] == [{"gate": "p95<10s", "value": result["latency_ms"]["p95"], "passed": True}]
    assert "slices" not in result


def test_a_missed_gate_is_named_and_is_exit_code_8(bench: Mlops, server: Server) -> None:
    done = bench(*to(server, "--gate", "p95<10s,rps>1000000", "-o", "json"), code=8)
    assert [gate["passed"] for gate in done.json()["gates"]] == [True, False]
    assert re.search(r"Error: gate rps>1000000 is missed: [\d.e+]+/s\n", done.stderr)
    assert "p95<10s" not in done.stderr


def test_a_run_without_one_good_answer_is_exit_code_5(bench: Mlops) -> None:
    with Server(lambda *_: [http(b"no", "401 No")]) as server:
        done = bench(*to(server, "-o", "json"), code=5)
    assert done.json()["failures"] == 100
    assert "Error: not one request was answered as it should be" in done.stderr


def test_the_profile_gives_what_the_command_line_does_not(bench: Mlops, server: Server) -> None:
    bench.profile("bench: {requests: 30, concurrency: 3, warmup_requests: 7, gates: [errors<1%]}\n")
    result = bench("bench", "--url", server.url, "--data", "rows.json", "-o", "json").json()
    assert (result["requests"], result["settings"]["concurrency"]) == (30, 3)
    assert len(server.requests) == 37
    assert [gate["gate"] for gate in result["gates"]] == ["errors<1%"]


def test_key_and_headers_are_sent_and_never_shown(bench: Mlops, server: Server) -> None:
    done = bench(*to(server, "--key", "s3cret", "-H", "X-Team: blue", "--save", "r.json", "--html", "r.html"))
    head = server.requests[0][0]
    assert b"authorization: Bearer s3cret" in head
    assert b"x-team: blue" in head
    written = (bench.project / "r.json").read_text() + (bench.project / "r.html").read_text()
    assert "s3cret" not in done.stdout + done.stderr + written


def test_every_file_is_written(bench: Mlops, server: Server) -> None:
    names = ["save", "html", "csv", "junit", "hdr"]
    done = bench(*to(server, *(part for name in names for part in (f"--{name}", f"out.{name}"))))
    for name in names:
        assert (bench.project / f"out.{name}").stat().st_size > 100
        assert f"written to out.{name}" in done.stderr
    assert done.stdout.startswith("Server Software:        toy/1\n")


def delayed(seconds: float) -> object:
    def answering(body: bytes, number: int) -> Iterable[Piece]:
        return [seconds, *predictions(body, number)]

    return answering


def test_a_baseline_fails_what_is_worse_and_passes_what_is_not(bench: Mlops) -> None:
    with Server(delayed(0.001)) as server:  # type: ignore[arg-type]
        bench(*to(server, "--save", "fast.json"))
        again = bench(*to(server, "--baseline", "fast.json", "--max-regression", "300%", "-o", "json")).json()
    assert [gate["passed"] for gate in again["gates"]] == [True] * 4
    with Server(delayed(0.02)) as server:  # type: ignore[arg-type]
        done = bench(*to(server, "--baseline", "fast.json"), code=8)
    assert "p50 at most 10% worse is missed" in done.stderr
    assert "requests/s at most 10% worse is missed" in done.stderr
    assert "95 % interval" in done.stdout


def test_compare_shows_a_difference_and_judges_nothing(bench: Mlops, server: Server) -> None:
    bench(*to(server, "--save", "one.json"))
    done = bench(*to(server, "--compare", "one.json", "--rate", "500", "-o", "json"))
    assert next(row["metric"] for row in done.json()["compared"]) == "requests/s"
    shown = bench(*to(server, "--compare", "one.json", "--rate", "500")).stdout
    assert "Note: rate was none, now 500." in shown


def test_a_run_is_stopped_by_abort_on(bench: Mlops) -> None:
    with Server(lambda *_: [http(b"no", "500 No")]) as server:
        done = bench(*to(server, "-n", "10000000", "--abort-on", "errors<5%", "-o", "json"), code=8)
    assert "errors<5% is missed" in done.json()["aborted"]
    assert "stopped early" in done.stderr


def test_ci_is_told(bench: Mlops, server: Server) -> None:
    bench.environ |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary.md"}
    (bench.project / "summary.md").write_text("before\n")
    done = bench(*to(server, "--gate", "rps>1000000"), code=8)
    assert "::error title=mlops bench" in done.stderr
    assert "::" not in done.stdout
    summary = (bench.project / "summary.md").read_text()
    assert summary.startswith("before\n### mlops bench")


def test_the_limit_of_a_slow_server(bench: Mlops) -> None:
    with Server(delayed(0.01)) as server:  # type: ignore[arg-type]
        more = ("--find-limit", "p95<60ms", "--duration", "0.3s", "-c", "2", "-o", "json")
        done = bench(*to(server), *more)
    found = done.json()
    assert 20 < found["rate"] <= 205
    assert found["gates"] == ["p95<60ms"]
    assert done.stderr.count("/s  answered") == len(found["steps"])


def test_no_rate_that_holds_is_exit_code_8(bench: Mlops) -> None:
    with Server(delayed(0.02)) as server:  # type: ignore[arg-type]
        more = ("--find-limit", "p95<1ms", "--duration", "0.1s", "-c", "1")
        done = bench(*to(server), *more, code=8)
    assert done.stdout == "no rate that was tried holds p95<1ms\n"


def test_probes_that_are_met_badly_are_exit_code_8(bench: Mlops) -> None:
    with Server(lambda *_: [http(b'{"result": [1]}')]) as server:
        done = bench(*to(server, "--probe", "-o", "json"), code=8)
    assert done.json()["bad"] > 0
    assert "were not met as they should be" in done.stderr


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("bench", "--url", "http://127.0.0.1:1/"), 2, "--url needs payloads"),
        (("bench", "--url", "nonsense", "--data", "rows.json"), 2, "is not a URL"),
        (("bench", "--url", "http://127.0.0.1:1/", "--data", "rows.json"), 5, "cannot connect"),
        (("bench", "--url", "http://127.0.0.1:1/", "--data", "none.json"), 4, "cannot read"),
        (("bench", "--url", "http://127.0.0.1:1/", "--data", "rows.json", "--gate", "p95"), 2, "is not a gate"),
        (("bench", "--url", "http://127.0.0.1:1/", "--data", "rows.json", "--verify"), 2, "--verify needs the model"),
        (("bench", "--url", "http://127.0.0.1:1/", "--data", "rows.json", "-H", "X"), 2, "is not a header"),
        (("bench", "--baseline", "none.json"), 2, "cannot read"),
        (("bench", "--max-regression", "x%"), 2, "is not a percentage"),
        (("bench", "--sizing", "rps=5"), 2, "does not say what to size for"),
        (("bench", "nobody"), 4, "nobody"),
        (("bench", "compare", "blue"), 2, "Missing argument"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_before_anything_is_sent(
    bench: Mlops, args: tuple[str, ...], code: int, said: str
) -> None:
    done = bench(*args, code=code)
    assert said in done.stderr
    assert done.stdout == ""
    assert json.loads(bench(*args, "-o", "json", code=code).stdout)["error"]["exit_code"] == code


@pytest.mark.parametrize(
    "more", [("-c", "51"), ("--rate", "9", "-c", "51"), ("--find-limit", "p95<1s", "-c", "60")]
)
def test_many_connections_elsewhere_are_refused_before_the_first(bench: Mlops, more: tuple[str, ...]) -> None:
    """The sockets of this test reach loopback only: a first connection would fail it differently."""
    done = bench("bench", "--url", "http://192.0.2.1/score", "--data", "rows.json", *more, code=2)
    assert "connections to 192.0.2.1" in done.stderr
    assert "--yes" in done.stderr


def test_percentages() -> None:
    assert (percent("10%"), percent("2.5")) == (0.1, 0.025)


def test_the_help_of_both_commands(bench: Mlops, capsys: pytest.CaptureFixture[str]) -> None:
    bench("bench", "--help")
    assert "mlops bench compare BLUE GREEN" in " ".join(capsys.readouterr().out.split())
    bench("bench", "compare", "--help")
    assert "BLUE GREEN" in capsys.readouterr().out


def test_a_duration_may_be_given_in_milliseconds(bench: Mlops, server: Server) -> None:
    done = bench(*to(server, "--duration", "300ms", "--rate", "100", "-o", "json")).json()
    assert done["requests"] == 30
    refused = bench(*to(server, "--duration", "300us"), code=2)
    assert "write 90, 500ms, 30s, 15m or 2h" in refused.stderr
    assert "it has to be more than 0" in bench(*to(server, "--duration", "0s"), code=2).stderr

"""The generator against real servers on loopback: what it sends, what it counts, what it makes of trouble."""

import json
import os
import signal
import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest

from mlops_cli.bench import poller
from mlops_cli.bench.generator import Generator
from mlops_cli.bench.payloads import build
from mlops_cli.bench.plan import Load, Manner
from mlops_cli.bench.recording import Recording
from mlops_cli.bench.target import open_target
from tests.bench.conftest import Opener
from tests.bench.server import Piece, Server, http, predictions


def test_every_request_is_sent_once_and_answered(aim_at: Opener) -> None:
    with Server() as server:
        session = aim_at(server, concurrency=4, aim={"headers": {"Authorization": "Bearer k"}})
        result = session.measure(Load(requests=100))
    assert (result.requests, result.failures, result.statuses) == (100, 0, {"200": 100})
    assert len(server.requests) == 100
    assert server.connections == result.connections == 4
    head = server.requests[0][0]
    assert head.startswith(b"POST /score HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"authorization: Bearer k" in head
    assert {body for _, body in server.requests} == {
        b'{"data": [{"a": 1}, {"a": 2}]}',
        b'{"data": [{"a": 3}]}',
    }
    assert result.server == "toy/1"
    assert result.phases_ms["model"].median == pytest.approx(1.5)
    assert result.phases_ms["connect"].count == 100
    assert result.received_bytes > result.body_bytes > 0


def test_payloads_are_sent_in_turn_and_go_on_where_the_last_run_ended(aim_at: Opener) -> None:
    with Server() as server:
        session = aim_at(server, [b'{"data": [%d]}' % n for n in range(5)])
        session.warm_up(3)
        session.measure(Load(requests=4))
    assert [json.loads(body)["data"][0] for _, body in server.requests] == [0, 1, 2, 3, 4, 0, 1]


def test_without_keep_alive_each_request_has_a_connection(aim_at: Opener) -> None:
    with Server() as server:
        result = aim_at(server, concurrency=3, keep_alive=False).measure(Load(requests=30))
    assert (result.requests, result.failures, result.connections, server.connections) == (30, 0, 30, 30)
    assert b"Connection: close" in server.requests[0][0]
    assert result.phases_ms["connect"].min > 0


def test_connections_stay_open_from_one_run_to_the_next(aim_at: Opener) -> None:
    with Server() as server:
        session = aim_at(server, concurrency=2)
        session.warm_up(10)
        result = session.measure(Load(requests=10))
        assert server.connections == 2
    assert (result.connections, result.failures) == (0, 0)
    assert result.document_bytes > 0


def test_a_server_that_says_close_is_asked_on_a_new_connection(aim_at: Opener) -> None:
    def closing(_: bytes, number: int) -> Iterable[Piece]:
        return [http(b"[1, 2]", "200 OK", "Connection: close")]

    with Server(closing) as server:
        result = aim_at(server, [b'{"data": [1, 2]}']).measure(Load(requests=20))
    assert (result.failures, result.connections) == (0, 20)


@pytest.mark.parametrize("rate", [None, 500.0])
def test_identical_answers_are_counted_to_the_byte(aim_at: Opener, rate: float | None) -> None:
    answer = http(b'{"result": [1]}')

    with Server(lambda *_: [answer]) as server:
        result = aim_at(server, [b'{"data": [1]}'], concurrency=2).measure(Load(requests=50, rate=rate))
    assert (result.requests, result.failures, result.statuses) == (50, 0, {"200": 50})
    assert result.received_bytes == 50 * len(answer)
    assert result.body_bytes == 50 * len(b'{"result": [1]}')


def failing(answering: Any, aim_at: Opener, **manner: Any) -> Any:
    with Server(answering) as server:
        return aim_at(server, [b'{"data": [1, 2]}'], **manner).measure(Load(requests=10))


@pytest.mark.parametrize(
    ("pieces", "kind", "detail"),
    [
        ([http(b"oh", "503 Busy")], "status", "status 503: oh"),
        ([http(b"yes")], "answer", "not JSON: yes"),
        ([http(b"[1]")], "answer", "1 predictions for 2 rows"),
        ([http(b'{"error": "no"}')], "answer", "an error with status 200: no"),
        ([], "closed", "the connection was closed without an answer"),
        ([http(b"[1, 2]")[:-2], b""], "closed", "closed after 4 bytes"),
        ([b"SSH-2.0\r\n\r\n"], "protocol", "not HTTP"),
    ],
)
def test_what_goes_wrong_is_counted_by_kind(
    aim_at: Opener, pieces: list[Any], kind: str, detail: str
) -> None:
    result = failing(lambda *_: pieces, aim_at)
    assert result.failures == result.requests == 10
    assert result.failure_kinds == {kind: 10}
    assert detail in next(iter(result.failure_details))
    assert result.requests_per_second == 0


def test_a_server_that_closes_what_it_seemed_to_keep_is_told_from_one_that_fails(aim_at: Opener) -> None:
    def closing(_: bytes, number: int) -> Iterable[Piece]:
        return [] if number % 2 else [http(b"[1, 2]")]

    result = failing(closing, aim_at, concurrency=1)
    assert result.failure_kinds == {"closed": 5}
    assert list(result.failure_details) == [
        "the connection was closed without an answer, though kept from an earlier answer: try --no-keep-alive"
    ]


def test_a_wrong_answer_is_wrong_each_time_it_comes(aim_at: Opener) -> None:
    right, wrong = http(b"[1, 2]"), http(b"[1, 2, 3]")

    def alternating(_: bytes, number: int) -> Iterable[Piece]:
        return [wrong if number % 2 else right]

    assert failing(alternating, aim_at).failures == 5


def test_without_checks_only_the_status_counts(aim_at: Opener) -> None:
    assert failing(lambda *_: [http(b"nonsense")], aim_at, aim={"checked": False}).failures == 0
    assert failing(lambda *_: [http(b"no", "404 Not Found")], aim_at, aim={"checked": False}).failures == 10


def test_an_answer_must_equal_what_is_expected_where_that_is_known(aim_at: Opener) -> None:
    expected = {"expected": [{"result": [0.5, 1]}]}

    def said(body: bytes) -> int:
        return int(failing(lambda *_: [http(body)], aim_at, aim=expected).failures)

    assert said(b'{"result": [0.50000000001, 1.0]}') == 0
    assert said(b'"{\\"result\\": [0.5, 1]}"') == 0
    assert said(b'{"result": [0.51, 1]}') == 10
    assert said(b'{"result": [0.5, true]}') == 10
    assert said(b'{"result": [0.5, 1], "more": 1}') == 10


def test_an_answer_in_pieces_is_one_answer_and_its_transfer_is_measured(aim_at: Opener) -> None:
    whole = http(b'"' + b"x" * 300_000 + b'"')

    def dripping(_: bytes, number: int) -> Iterable[Piece]:
        return [whole[:5], 0.01, whole[5:60], 0.01, whole[60:]]

    result = failing(dripping, aim_at)
    assert result.failures == 0
    assert result.phases_ms["transfer"].min > 15
    assert result.phases_ms["waiting"].max < result.phases_ms["total"].max - 15


def test_a_large_body_is_sent_in_pieces(aim_at: Opener) -> None:
    body = b'{"data": [' + b",".join(b"1" for _ in range(2_000_000)) + b"]}"
    lengths: list[int] = []

    def count(received: bytes, number: int) -> Iterable[Piece]:
        lengths.append(len(received))
        return [http(b"{}")]

    with Server(count) as server:
        result = aim_at(server, [body], concurrency=2).measure(Load(requests=4))
    assert result.failures == 0
    assert lengths == [len(body)] * 4


def test_a_large_body_may_be_refused_before_it_is_all_there(aim_at: Opener) -> None:
    refusal = http(b"too large", "413 Content Too Large", "Connection: close")
    with RefusingServer(refusal) as server:
        result = aim_at(server, [b"x" * 30_000_000], aim={"checked": False}).measure(Load(requests=3))
    assert result.failures == 3
    assert set(result.failure_kinds) <= {"status", "closed"}


class RefusingServer(Server):
    """Answers after the head and reads no further."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self._answer = answer

    def _talk(self, connection: Any) -> None:
        if connection.recv(65536):
            connection.sendall(self._answer)
            time.sleep(0.05)


def test_a_request_without_answer_times_out_and_the_others_go_on(aim_at: Opener) -> None:
    def some(body: bytes, number: int) -> Iterable[Piece]:
        return [5.0, http(b"[]")] if number == 3 else predictions(body, number)

    with Server(some) as server:
        result = aim_at(server, concurrency=2, timeout=0.2).measure(Load(requests=20))
    assert (result.requests, result.failures, result.failure_kinds) == (20, 1, {"timeout": 1})
    assert "no answer within 0.2 s" in result.failure_details
    assert 200 <= (result.latency_ms.max or 0) < 1000
    assert result.statuses == {"200": 19}


def test_a_server_that_is_gone_is_a_failure_of_each_request(aim_at: Opener) -> None:
    with Server() as server:
        session = aim_at(server, concurrency=2)
    result = session.measure(Load(requests=10))
    assert result.failure_kinds == {"connect": 10}
    assert result.latency_ms.p50 is None
    assert "refused" in next(iter(result.failure_details))


def test_a_run_against_nobody_ends_early(aim_at: Opener) -> None:
    with Server() as server:
        session = aim_at(server)
    result = session.measure(Load(requests=300_000))
    assert result.aborted == "nothing answers there any more"
    assert result.requests < 300_000


def test_a_run_of_fixed_duration_ends_and_waits_for_its_answers(aim_at: Opener) -> None:
    def slow(body: bytes, number: int) -> Iterable[Piece]:
        return [0.02, *predictions(body, number)]

    with Server(slow) as server:
        result = aim_at(server, concurrency=2).measure(Load(duration=0.3))
        assert len(server.requests) == result.requests
    assert result.failures == 0
    assert 0.3 <= result.seconds < 3
    assert result.requests >= 4


def test_the_observer_sees_the_run_and_may_end_it() -> None:
    seen: list[int] = []

    def look(recording: Recording, _: float) -> str | None:
        seen.append(len(recording.latency))
        return "enough" if len(seen) == 2 else None

    with Server() as server:
        target = open_target(server.url)
        payloads = build(target, [b'{"data": [1]}'], {})
        generator = Generator(target, Manner(2), payloads, observe=look)
        recording = generator.run(Load(requests=300_000))
        unseen = generator.run(Load(requests=20), watched=False)
        generator.close()
    assert recording.aborted == "enough"
    assert seen[1] == len(recording.latency) or seen[1] < len(recording.latency) <= seen[1] + 2
    assert (len(unseen.latency), unseen.aborted) == (20, None)


def test_ctrl_c_ends_the_run_with_what_there_is(aim_at: Opener) -> None:
    def interrupt(body: bytes, number: int) -> Iterable[Piece]:
        if number == 50:
            os.kill(os.getpid(), signal.SIGINT)
        return predictions(body, number)

    assert threading.current_thread() is threading.main_thread()
    with Server(interrupt) as server:
        result = aim_at(server).measure(Load(requests=300_000))
    assert result.interrupted
    assert 50 <= result.requests < 10_000


def test_an_open_loop_sends_at_its_rate(aim_at: Opener) -> None:
    with Server() as server:
        result = aim_at(server, concurrency=8).measure(Load(duration=0.5, rate=400))
    assert result.requests == 200
    assert result.failures == 0
    assert 0.49 < result.seconds < 2
    assert result.generator.late_us is not None


def test_a_stall_is_not_hidden_by_the_questions_not_asked(aim_at: Opener) -> None:
    """One stall of 200 ms at 500/s makes 100 requests late, by 100 ms on average, on however few connections."""

    def stalling(body: bytes, number: int) -> Iterable[Piece]:
        return [0.2, *predictions(body, number)] if number == 20 else predictions(body, number)

    with Server(stalling) as server:
        open_loop = aim_at(server, concurrency=1).measure(Load(requests=400, rate=500))
    with Server(stalling) as server:
        closed = aim_at(server, concurrency=1).measure(Load(requests=400))
    assert open_loop.failures == closed.failures == 0
    assert (open_loop.percentiles_ms["90"], open_loop.generator.starved > 50) > (50, True)
    assert closed.percentiles_ms["99"] < 100
    assert "waited for one of the 1 connections" in str(open_loop.generator.limit)


def test_the_other_pollers_do_the_same() -> None:
    with Server() as server:
        target = open_target(server.url)
        generator = Generator(target, Manner(3), build(target, [b'{"data": [1]}'], {}))
        generator._exchange.poller.close()
        generator._exchange.poller = poller.AnySelector()
        for load in (Load(requests=50), Load(requests=50, rate=1000)):
            recording = generator.run(load)
            assert (len(recording.latency), len(recording.failed)) == (50, 0)
        generator.close()
    assert server.connections == 3

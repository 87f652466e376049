"""Requests that come together are scored together, and each is answered as if it had come alone."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.serving.fast.answer import Asked
from mlops_cli.engine.serving.fast.batch import MOST, Batch
from mlops_cli.engine.serving.fast.lookout import MANY
from mlops_cli.engine.serving.fast.scorer import FastScorer
from mlops_cli.engine.serving.logs import AppendFile, ServiceLog
from mlops_cli.engine.serving.messages import Head, Request, Response
from tests.fast.models import CATEGORIES, fitted, rows_of, shop
from tests.fast.test_service import service
from tests.serving.harness import KEY, Worker, request, start

COUNT = 12


class Doubler:
    """Doubles what it is asked, and remembers what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.answers: list[int] = []

    def __call__(self, questions: list[int]) -> None:
        self.asked.append(questions)
        self.answers += [question * 2 for question in questions]


class Choosy:
    """A model that fails whenever something bad is among what it is asked."""

    def read(self, body: bytes) -> Asked:
        return Asked(bytes(8), 1, body.decode(), False)

    def write_together(self, asked: list[Asked]) -> list[bytes]:
        if "bad" in [one.method for one in asked]:
            raise ValueError("I will not")
        return [one.method.encode() for one in asked]


@pytest.fixture(scope="module")
def model() -> FittedModel:
    return fitted("two", [CATEGORIES, ("LogisticRegression", {})])


@pytest.fixture(scope="module")
def worker(model: FittedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    started = start(service(model, tmp_path_factory.mktemp("together"), fast=True))
    yield started
    started.close()


def added(doubler: Doubler, *rounds: list[int]) -> list[int]:
    """What comes back, in order, when each of `rounds` is asked in one round of the event loop."""

    async def ask() -> None:
        batch = Batch(doubler)
        for questions in rounds:
            for question in questions:
                batch.add(question)
            await asyncio.sleep(0)

    asyncio.run(ask())
    return doubler.answers


def test_a_round_of_the_loop_is_one_batch() -> None:
    doubler = Doubler()
    assert added(doubler, [1, 2, 3], [4]) == [2, 4, 6, 8]
    assert doubler.asked == [[1, 2, 3], [4]]


def test_after_many_lone_ones_each_is_answered_at_once() -> None:
    doubler = Doubler()

    async def ask() -> list[int]:
        batch, waiting = Batch(doubler), []
        for number in range(3 * MANY):
            batch.add(number)
            waiting.append(number + 1 - len(doubler.answers))
            while len(doubler.answers) == number:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
        return waiting

    waiting = asyncio.run(ask())
    assert waiting[0] == 1
    assert 0 in waiting
    assert doubler.asked == [[number] for number in range(3 * MANY)]


def test_a_batch_does_not_grow_for_ever() -> None:
    doubler = Doubler()
    assert added(doubler, list(range(MOST + 1))) == [2 * number for number in range(MOST + 1)]
    assert [len(asked) for asked in doubler.asked] == [MOST, 1]


def test_each_is_answered_as_if_it_had_come_alone(worker: Worker, model: FittedModel) -> None:
    bodies: list[Any] = [{"data": rows_of(shop(60, seed=5), model)[at : at + 2]} for at in range(COUNT - 2)]
    bodies[3]["GlobalParameters"] = {"method": "predict_proba"}
    bodies += [{"data": []}, {"Inputs": {"data": bodies[0]["data"]}}]
    alone = [worker.score(body) for body in bodies]
    clients = [worker.connect() for _ in bodies]
    for client in clients:
        assert client.send(request("GET", "/")).read().body == b"Healthy"
    # All requests are there before the worker looks.
    os.kill(worker.process.pid, signal.SIGSTOP)
    for client, body in zip(clients, bodies, strict=True):
        client.send(request("POST", "/score", json.dumps(body).encode(), KEY))
    os.kill(worker.process.pid, signal.SIGCONT)
    together = [client.read() for client in clients]
    assert [answer.status for answer in together] == [200] * (COUNT - 2) + [400, 200]
    same = [index for index in range(COUNT) if index not in (3, COUNT - 2)]
    assert [together[index].body for index in same] == [alone[index].body for index in same]
    expected, found = (json.loads(json.loads(answers[3].body))["result"] for answers in (alone, together))
    assert found == [pytest.approx(row, abs=1e-9) for row in expected]
    times = [answer.headers["x-ms-run-fn-exec-ms"] for answer in together if answer.status == 200]
    assert len(set(times)) < len(times) / 2


def test_what_fails_together_is_asked_alone(tmp_path: Path) -> None:
    log = ServiceLog(AppendFile(tmp_path / "log", 10_000))
    scorer = FastScorer(Choosy(), 10_000, log)  # type: ignore[arg-type]
    answers: list[tuple[bytes, int]] = []

    def finish(request: Request, response: Response) -> None:
        answers.append((request.body, response.status))

    async def ask() -> None:
        for body in (b"good", b"bad", b"good"):
            head = Head()
            head.method = b"POST"
            asked = Request(head, body)
            asked.id = "id"
            scorer.take(asked, finish)
        await asyncio.sleep(0)

    asyncio.run(ask())
    assert answers == [(b"good", 200), (b"bad", 500), (b"good", 200)]

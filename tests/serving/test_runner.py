"""The thread that calls run(): order, deadlines, a queue with an end."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mlops_cli.engine.serving.runner import FullError, Runner


def on_loop(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(test(), 20)

    asyncio.run(bounded())


async def settle(results: list[Any], count: int) -> None:
    while len(results) < count:
        await asyncio.sleep(0.005)


def run_threads() -> int:
    return sum(thread.name == "run" for thread in threading.enumerate())


async def abandoned_ended(others: int) -> None:
    """Wait until a runner's abandoned threads are gone; `others` ran before it was made."""
    while run_threads() > others + 1:
        await asyncio.sleep(0.005)


def never(began: bool) -> None:
    raise AssertionError("it was not late")


def test_calls_are_made_one_at_a_time_in_order() -> None:
    async def test() -> None:
        results: list[int] = []
        at_once: list[int] = []
        runner: Runner[int] = Runner(asyncio.get_running_loop(), 10, 100)

        def work(number: int) -> Callable[[], int]:
            def call() -> int:
                at_once.append(threading.active_count())
                return number

            return call

        for number in range(50):
            runner.submit(work(number), results.append, never)
        await settle(results, 50)
        assert results == list(range(50))
        assert len(set(at_once)) == 1

    on_loop(test)


def test_a_stuck_call_is_late_and_the_next_one_is_made() -> None:
    async def test() -> None:
        results: list[Any] = []
        stuck = threading.Event()
        others = run_threads()
        runner: Runner[bool] = Runner(asyncio.get_running_loop(), 0.05, 100)
        runner.submit(stuck.wait, results.append, lambda began: results.append(("late", began)))
        await settle(results, 1)
        runner.submit(lambda: True, results.append, never)
        await settle(results, 2)
        assert results == [("late", True), True]
        stuck.set()
        await abandoned_ended(others)
        assert results == [("late", True), True]

    on_loop(test)


def test_a_call_that_waited_too_long_is_never_made() -> None:
    async def test() -> None:
        results: list[Any] = []
        others = run_threads()
        first, second = threading.Event(), threading.Event()
        made: list[str] = []
        runner: Runner[Any] = Runner(asyncio.get_running_loop(), 1.0, 100)
        runner.submit(lambda: first.wait(0.5), results.append, never)
        runner.submit(second.wait, results.append, lambda began: results.append(("second", began)))
        runner.submit(
            lambda: made.append("third"), results.append, lambda began: results.append(("third", began))
        )
        await settle(results, 3)
        second.set()
        await abandoned_ended(others)
        assert results == [False, ("third", False), ("second", True)]
        assert made == []

    on_loop(test)


def test_four_stuck_calls_wear_a_runner_out_until_they_end() -> None:
    async def test() -> None:
        late: list[bool] = []
        stuck = threading.Event()
        others = run_threads()
        runner: Runner[bool] = Runner(asyncio.get_running_loop(), 0.02, 100)
        for count in range(1, 5):
            assert not runner.is_worn_out
            runner.submit(stuck.wait, late.append, late.append)
            await settle(late, count)
        assert runner.is_worn_out
        stuck.set()
        await abandoned_ended(others)
        assert not runner.is_worn_out
        assert late == [True] * 4

    on_loop(test)


def test_a_full_queue_refuses() -> None:
    async def test() -> None:
        results: list[bool] = []
        gate = threading.Event()
        runner: Runner[bool] = Runner(asyncio.get_running_loop(), 10, 2)
        for _ in range(3):
            runner.submit(gate.wait, results.append, never)
        with pytest.raises(FullError):
            runner.submit(gate.wait, results.append, never)
        gate.set()
        await settle(results, 3)
        assert results == [True, True, True]

    on_loop(test)

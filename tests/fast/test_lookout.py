"""How long the loop stays awake after an answer."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mlops_cli.engine.serving.fast.lookout import MANY, MOST_SECONDS, Lookout


class Loop(asyncio.AbstractEventLoop):
    """Runs what is to be called soon, one round after the other, each of which takes 10 us."""

    ROUND = 10e-6

    def __init__(self) -> None:
        self.now = 0.0
        self._soon: list[tuple[Callable[..., object], tuple[Any, ...]]] = []

    def call_soon(self, callback: Callable[..., object], *arguments: Any, context: Any = None) -> Any:
        self._soon.append((callback, arguments))

    def rounds(self) -> int:
        """How many rounds follow without sleep."""
        count = 0
        while self._soon:
            self.soon()
            count += 1
        return count

    def soon(self) -> None:
        """One round."""
        soon, self._soon = self._soon, []
        self.now += self.ROUND
        for callback, arguments in soon:
            callback(*arguments)


def awake(interval: float, answers: int) -> int:
    """Rounds after the last of so many answers."""
    loop = Loop()
    lookout = Lookout(lambda: loop.now)
    rounds = 0
    for number in range(answers):
        loop.now = (1 + number) * interval
        lookout.answered(loop)
        rounds = loop.rounds()
    return rounds


@pytest.mark.parametrize("interval", [1.0, 0.01, 2 * MOST_SECONDS])
def test_requests_that_are_far_apart_cost_nothing(interval: float) -> None:
    assert awake(interval, 100) == 0


def test_requests_that_follow_closely_keep_the_loop_awake_about_as_long_as_they_are_apart() -> None:
    assert awake(200e-6, 100) == pytest.approx(20, abs=2)
    assert awake(200e-6, 2) == 0


def test_after_a_burst_the_loop_goes_to_sleep() -> None:
    loop = Loop()
    lookout = Lookout(lambda: loop.now)
    for _ in range(1000):
        loop.now += 1e-6
        lookout.answered(loop)
    assert 0 < loop.rounds() < MOST_SECONDS / Loop.ROUND
    assert loop.rounds() == 0


def after_many_lone_ones(interval: float) -> Lookout:
    loop = Loop()
    lookout = Lookout(lambda: loop.now)
    for _ in range(MANY):
        loop.now += interval
        lookout.answered(loop)
        loop.soon()
    return lookout


def test_after_many_lone_ones_the_first_of_a_round_is_alone() -> None:
    lookout = after_many_lone_ones(50e-6)
    assert [lookout.is_alone(), lookout.is_alone()] == [True, False]
    assert not lookout.is_alone(), "the second of a round ends it"


def test_nobody_is_alone_where_several_came_together_or_the_loop_sleeps() -> None:
    crowded = after_many_lone_ones(50e-6)
    crowded.crowded()
    assert not crowded.is_alone()
    assert not after_many_lone_ones(1.0).is_alone()

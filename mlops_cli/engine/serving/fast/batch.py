"""Requests that are here at the same moment, scored by one run of the graph.

Nothing waits for company: a batch is what one round of the event loop has brought, so that a request that comes
alone is answered as soon as ever, and the more there are, the less each costs.
"""

from asyncio import get_running_loop
from collections.abc import Callable
from typing import Generic, TypeVar

from mlops_cli.engine.serving.fast.lookout import Lookout

A = TypeVar("A")
B = TypeVar("B")

MOST = 64
"""Requests in one run; the first of them waits for the last."""


class Batch(Generic[A, B]):
    """Of one event loop: `add` is called on it, and calls back on it. `answers` gives one answer to each question."""

    def __init__(self, answers: Callable[[list[A]], list[B]]) -> None:
        self._answers = answers
        self._waiting: list[tuple[A, Callable[[B], None]]] = []
        self._lookout = Lookout()

    def add(self, question: A, finish: Callable[[B], None]) -> None:
        self._waiting.append((question, finish))
        if len(self._waiting) == MOST or self._lookout.is_alone():
            self._run()
        elif len(self._waiting) == 1:
            get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        answers = self._answers([question for question, _ in waiting])
        for (_, finish), answer in zip(waiting, answers, strict=True):
            finish(answer)
        if len(waiting) == 1:
            self._lookout.answered(get_running_loop())
        else:
            self._lookout.crowded()

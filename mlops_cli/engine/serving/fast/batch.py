"""Requests that are here at the same moment, scored by one run of the graph.

Nothing waits for company: a batch is what one round of the event loop has brought, so that a request that comes
alone is answered as soon as ever, and the more there are, the less each costs.
"""

from asyncio import get_running_loop
from collections.abc import Callable
from typing import Generic, TypeVar

from mlops_cli.engine.serving.fast.lookout import Lookout

A = TypeVar("A")

MOST = 64
"""Requests in one run; the first of them waits for the last."""


class Batch(Generic[A]):
    """Of one event loop: `add` is called on it, and so is `answer`, with all that came together."""

    def __init__(self, answer: Callable[[list[A]], None]) -> None:
        self._answer = answer
        self._waiting: list[A] = []
        self._lookout = Lookout()

    def add(self, question: A) -> None:
        waiting = self._waiting
        waiting.append(question)
        if len(waiting) == 1:
            if self._lookout.is_alone():
                self._run()
            else:
                get_running_loop().call_soon(self._run)
        elif len(waiting) == MOST:
            self._run()

    def _run(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        self._answer(waiting)
        if len(waiting) == 1:
            self._lookout.answered(get_running_loop())
        else:
            self._lookout.crowded()

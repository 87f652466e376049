"""The batch step: mini-batches dealt out to worker processes, tried again, collected in order.

What is done lies beside the attempts of the step, so that another attempt goes on where one was killed.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from mlops_cli.domain.pipelines import BatchStep
from mlops_cli.engine.pipelines import collecting, layout, minibatches
from mlops_cli.engine.pipelines.batch_pool import Pool, Worker
from mlops_cli.engine.pipelines.batch_worker import CUT, Answer
from mlops_cli.engine.pipelines.collecting import Done
from mlops_cli.engine.pipelines.work import Work
from mlops_cli.errors import WorkFailedError


def run_batch(work: Work) -> dict[str, Any]:
    """Run all mini-batches; returns how many items there were, had results and failed.

    Raises WorkFailedError when init() fails or more items than error_threshold have failed.
    """
    assert isinstance(work.step, BatchStep)
    folder = work.hand_over()
    source = work.inputs[work.step.mini_batch_input or next(iter(work.step.inputs))]
    cut = minibatches.cut(Path(source.path), work.step.mini_batch_size, folder)
    (folder / CUT).write_bytes(msgspec.json.encode(cut))
    batch = _Batch(work, work.step, cut.ranges())
    batch.run()
    return collecting.collect(work.step, cut, batch.done, Path(work.outputs["results"]))


class _Batch:
    """Deals out what is not done yet. A mini-batch that fails run_max_try times is done with its reason."""

    def __init__(self, work: Work, step: BatchStep, ranges: list[tuple[int, int]]) -> None:
        self._step = step
        self._folder = Path(work.attempt)
        self._ranges = ranges
        self._kept = layout.mini_batches_dir(Path(work.home), work.run_id, step.name)
        self._kept.mkdir(exist_ok=True)
        self.done: dict[int, Done] = collecting.read(self._kept)
        self._tries: dict[int, int] = {}
        self._open = [index for index in range(len(ranges)) if index not in self.done]

    def run(self) -> None:
        if self.done:
            _say(f"{len(self.done)} of {len(self._ranges)} mini-batches were done already")
        self._check_threshold()
        count = min(self._step.workers or os.cpu_count() or 1, len(self._open))
        with Pool(self._folder, count) as pool:
            while len(self.done) < len(self._ranges):
                for worker in pool.idle():
                    if self._open:
                        self._deal(worker)
                for answer in pool.wait():
                    self._take(answer)

    def _deal(self, worker: Worker) -> None:
        index = self._open.pop(0)
        self._tries[index] = self._tries.get(index, 0) + 1
        worker.send(index, *self._ranges[index], time.monotonic() + self._step.run_invocation_timeout)

    def _take(self, answer: Answer) -> None:
        index = answer.index
        if index is None:
            if answer.error:
                raise WorkFailedError(answer.error, details=answer.details)
            return
        if answer.error and self._tries[index] < self._step.run_max_try:
            _say(f"mini-batch {index}: {answer.error}; try {self._tries[index] + 1}")
            self._open.insert(0, index)
            return
        start, stop = self._ranges[index]
        done = Done(
            start, stop, answer.returned, self._tries[index], answer.error, answer.missing, answer.lines
        )
        collecting.keep(self._kept, index, done)
        self.done[index] = done
        note = answer.error or f"{answer.returned} results"
        _say(f"mini-batch {index} ({len(self.done)} of {len(self._ranges)}), {stop - start} items: {note}")
        self._check_threshold()

    def _check_threshold(self) -> None:
        most, failed = self._step.error_threshold, sum(done.failed() for done in self.done.values())
        if most < 0 or failed <= most:
            return
        reasons = [
            f"{done.start + 1}-{done.stop}: {done.reason()}" for done in self.done.values() if done.failed()
        ]
        raise WorkFailedError(
            f"{failed} items failed, more than error_threshold {most}", details=reasons[:20]
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

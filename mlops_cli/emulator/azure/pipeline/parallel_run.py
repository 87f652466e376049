"""What Azure puts around the entry script of a ParallelRunStep: `python amlbi_main.py ARGUMENTS`.

Has the inputs cut into mini-batches, gives them to worker processes that call init() once and run(mini_batch)
for each, tries failed ones again, writes what they return, and fails above the error threshold. Imports the
SDK of the Python it runs in, nothing of ours.
"""

import argparse
import itertools
import os
import subprocess
import sys
import time
from collections import deque
from multiprocessing import Pipe
from multiprocessing.connection import wait
from pathlib import Path
from typing import NoReturn

import amlbi_logs as logs
from amlbi_batches import Batch, batches, parsed

WORKER = Path(__file__).with_name("amlbi_worker.py").resolve()
SECONDS_TO_SHUT_DOWN = 60
TIMEOUT_TEXT = "run() took longer than run_invocation_timeout"


class Worker:
    """A process that has called init(), and the mini-batch that it works on."""

    numbers = itertools.count()

    def __init__(self, arguments: list[str]) -> None:
        self.connection, theirs = Pipe()
        command = [sys.executable, str(WORKER), str(theirs.fileno()), str(next(self.numbers)), *arguments]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        theirs.close()
        self.index: int | None = None
        self.ready = False
        self.deadline = float("inf")

    def give(self, index: int, batch: Batch) -> None:
        self.index, self.deadline = index, float("inf")
        self.connection.send((index, batch))

    def finish(self) -> None:
        """Let the entry script shut down."""
        self.connection.close()
        try:
            self.process.wait(SECONDS_TO_SHUT_DOWN)
        except subprocess.TimeoutExpired:
            say("shutdown() took too long")

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.wait()


class Driver:
    """Deals mini-batches to workers until all are done or too many items have failed."""

    def __init__(self, arguments: list[str], own: argparse.Namespace, work: list[Batch]) -> None:
        self.arguments, self.own, self.work = arguments, own, work
        self.waiting = deque(range(len(work)))
        self.tries = [0] * len(work)
        self.results: dict[int, str] = {}
        self.failed = self.failed_batches = 0
        nodes = int(os.environ.get("AZUREML_NODE_COUNT", "1"))
        wanted = nodes * (own.process_count_per_node or os.cpu_count() or 1)
        self.workers = [Worker(arguments) for _ in range(min(wanted, len(work), os.cpu_count() or 1))]

    def run(self) -> None:
        try:
            for worker in self.workers:
                self.take(worker)
            while any(worker.index is not None for worker in self.workers):
                self.step()
            for worker in self.workers:
                worker.finish()
        finally:
            for worker in self.workers:
                worker.end()

    def step(self) -> None:
        """Wait for an answer or a deadline."""
        busy = {worker.connection: worker for worker in self.workers if worker.index is not None}
        soonest = min(worker.deadline for worker in busy.values())
        patience = None if soonest == float("inf") else max(0.0, soonest - time.monotonic())
        answered = wait(list(busy), timeout=patience)
        for connection in answered:
            self.answer(busy[connection])  # type: ignore[index]
        for worker in busy.values():
            if worker.index is not None and time.monotonic() >= worker.deadline:
                self.replace(worker, TIMEOUT_TEXT)

    def answer(self, worker: Worker) -> None:
        try:
            index, results, error = worker.connection.recv()
        except (EOFError, ConnectionResetError):
            self.ended(worker)
            return
        if index is None:
            fail_init(error)
        worker.ready = True
        if results is None:
            worker.deadline = time.monotonic() + self.own.run_invocation_timeout
            return
        text, count = results
        self.done(index, text, count, error)
        self.take(worker)

    def ended(self, worker: Worker) -> None:
        """A process that ends before run() begins has ended in init()."""
        why = f"the process of the entry script ended with code {worker.process.wait()}"
        if not worker.ready:
            fail_init(why)
        self.replace(worker, why)

    def replace(self, worker: Worker, why: str) -> None:
        index = worker.index
        assert index is not None, "only a worker that has a mini-batch is replaced"
        worker.end()
        fresh = Worker(self.arguments)
        self.workers[self.workers.index(worker)] = fresh
        self.done(index, "", 0, why)
        self.take(fresh)

    def done(self, index: int, text: str, count: int, error: str | None) -> None:
        if error is None:
            self.results[index] = text
            self.count(index, len(self.work[index].content) - count, "no result")
            return
        logs.error(f"mini-batch {index}: {error}")
        self.tries[index] += 1
        if self.tries[index] < self.own.run_max_try:
            say(f"mini-batch {index} failed, trying again: {error}")
            self.waiting.append(index)
        else:
            self.count(index, len(self.work[index].content), error)
            self.count_batch()

    def count_batch(self) -> None:
        self.failed_batches += 1
        share, own = 100 * self.failed_batches / len(self.work), self.own
        if own.allowed_failed_count is not None and self.failed_batches > own.allowed_failed_count:
            raise RuntimeError(f"more than {own.allowed_failed_count} mini-batches failed")
        if own.allowed_failed_percent is not None and share > own.allowed_failed_percent:
            raise RuntimeError(f"more than {own.allowed_failed_percent} % of the mini-batches failed")

    def count(self, index: int, missing: int, why: str) -> None:
        if missing <= 0:
            return
        self.failed += missing
        say(f"mini-batch {index}: {missing} items failed: {why}")
        if 0 <= self.own.error_threshold < self.failed:
            raise RuntimeError(
                f"{self.failed} items failed, error_threshold is {self.own.error_threshold}: {why}"
            )

    def take(self, worker: Worker) -> None:
        worker.index = None
        if self.waiting:
            index = self.waiting.popleft()
            worker.give(index, self.work[index])


def fail_init(why: str) -> NoReturn:
    logs.error(f"init() failed: {why}")
    raise RuntimeError(f"init() failed: {why}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> None:
    own = parsed(arguments)
    if own.output:
        Path(own.output).mkdir(parents=True, exist_ok=True)
        os.environ["AZUREML_BI_OUTPUT_PATH"] = own.output  # where entry scripts write files of their own
    driver = Driver(arguments, own, batches(arguments, own))
    logs.begin_report()
    logs.progress(f"{len(driver.work)} mini-batches")
    try:
        driver.run()
    except RuntimeError as error:
        logs.result(f"The job failed: {error}. See logs/user/error.txt and logs/user/error/.")
        raise
    if own.output and own.output_action == "append_row":
        text = "".join(driver.results[index] for index in sorted(driver.results))
        Path(own.output, own.append_row_file_name).write_text(text, encoding="utf-8")
    said = f"{len(driver.work)} mini-batches, {driver.failed} items failed"
    logs.result(f"The job succeeded: {said}.")
    say(said)


if __name__ == "__main__":
    main(sys.argv[1:])

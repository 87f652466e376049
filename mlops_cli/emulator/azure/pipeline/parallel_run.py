"""What Azure puts around the entry script of a ParallelRunStep: `python amlbi_main.py ARGUMENTS`.

Cuts the inputs into mini-batches, gives them to worker processes that call init() once and run(mini_batch)
for each, tries failed ones again, writes what they return, and fails above the error threshold. Imports the
SDK of the Python it runs in, nothing of ours.
"""

import argparse
import importlib.util
import itertools
import json
import os
import subprocess
import sys
import time
import traceback
from collections import deque
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

WORKER = "--amlbi-worker"
TIMEOUT_TEXT = "run() took longer than run_invocation_timeout"


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The driver's own arguments; the others are the entry script's."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--scoring_module_name", required=True)
    parser.add_argument("--mini_batch_size", type=int, default=1)
    parser.add_argument("--error_threshold", type=int, default=-1)
    parser.add_argument("--output_action", default="append_row")
    parser.add_argument("--output")
    parser.add_argument("--append_row_file_name", default="parallel_run_step.txt")
    parser.add_argument("--run_invocation_timeout", type=float, default=60)
    parser.add_argument("--run_max_try", type=int, default=3)
    parser.add_argument("--process_count_per_node", type=int, default=0)
    parser.add_argument("--partition_keys", type=json.loads)
    return parser.parse_known_args(arguments)[0]


def batches(arguments: list[str], own: argparse.Namespace) -> list[Any]:
    """Data frames of about `mini_batch_size` bytes, or lists of `mini_batch_size` files."""
    found: list[Any] = []
    for flag, name in itertools.pairwise(arguments):
        if flag.startswith("--input_ds_"):
            found += rows(name, own)
        elif flag.startswith("--input_fds_"):
            paths = files(name)
            size = own.mini_batch_size
            found += [paths[start : start + size] for start in range(0, len(paths), size)]
    return found


def rows(name: str, own: argparse.Namespace) -> list[Any]:
    from azureml.core import Run

    frame = Run.get_context().input_datasets[name].to_pandas_dataframe()
    if own.partition_keys:
        return [part for _, part in frame.groupby(own.partition_keys, sort=False)]
    per_row = max(1, len(frame.to_csv(index=False)) // max(1, len(frame)))
    size = max(1, own.mini_batch_size // per_row)
    return [frame.iloc[start : start + size].reset_index(drop=True) for start in range(0, len(frame), size)]


def files(name: str) -> list[str]:
    place = Path(os.environ.get(f"AZUREML_DATAREFERENCE_{name}") or os.environ[name])
    return (
        [str(place)] if place.is_file() else sorted(str(file) for file in place.rglob("*") if file.is_file())
    )


class Worker:
    """A process that has called init(), and the mini-batch that it works on."""

    def __init__(self, arguments: list[str]) -> None:
        self.connection, theirs = Pipe()
        command = [sys.executable, os.path.abspath(__file__), WORKER, str(theirs.fileno()), *arguments]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        theirs.close()
        self.index: int | None = None
        self.deadline = float("inf")

    def give(self, index: int, batch: Any, seconds: float) -> None:
        self.index, self.deadline = index, time.monotonic() + seconds
        self.connection.send((index, batch))

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.wait()


class Driver:
    """Deals mini-batches to workers until all are done or too many items have failed."""

    def __init__(self, arguments: list[str], own: argparse.Namespace, work: list[Any]) -> None:
        self.arguments, self.own, self.work = arguments, own, work
        self.waiting = deque(range(len(work)))
        self.tries = [0] * len(work)
        self.results: dict[int, list[str]] = {}
        self.failed = 0
        nodes = int(os.environ.get("AZUREML_NODE_COUNT", "1"))
        wanted = nodes * (own.process_count_per_node or os.cpu_count() or 1)
        self.workers = [Worker(arguments) for _ in range(min(wanted, len(work), os.cpu_count() or 1))]

    def run(self) -> None:
        try:
            for worker in self.workers:
                self.take(worker)
            while any(worker.index is not None for worker in self.workers):
                self.step()
        finally:
            for worker in self.workers:
                worker.end()

    def step(self) -> None:
        """Wait for an answer or a deadline."""
        busy = {worker.connection: worker for worker in self.workers if worker.index is not None}
        soonest = min(worker.deadline for worker in busy.values())
        answered = wait(list(busy), timeout=max(0.0, soonest - time.monotonic()))
        for connection in answered:
            self.answer(busy[connection])  # type: ignore[index]
        for worker in busy.values():
            if worker.index is not None and time.monotonic() >= worker.deadline:
                self.replace(worker, TIMEOUT_TEXT)

    def answer(self, worker: Worker) -> None:
        try:
            index, lines, error = worker.connection.recv()
        except EOFError:
            self.replace(worker, f"the process of the entry script ended with code {worker.process.wait()}")
            return
        if index is None:
            sys.exit(f"init() failed: {error}")
        self.done(index, lines, error)
        self.take(worker)

    def replace(self, worker: Worker, why: str) -> None:
        index = worker.index
        assert index is not None, "only a worker that has a mini-batch is replaced"
        worker.end()
        fresh = Worker(self.arguments)
        self.workers[self.workers.index(worker)] = fresh
        self.done(index, [], why)
        self.take(fresh)

    def done(self, index: int, lines: list[str], error: str | None) -> None:
        if error is None:
            self.results[index] = lines
            self.count(index, len(self.work[index]) - len(lines), "no result")
            return
        self.tries[index] += 1
        if self.tries[index] < self.own.run_max_try:
            say(f"mini-batch {index} failed, trying again: {error}")
            self.waiting.append(index)
        else:
            self.count(index, len(self.work[index]), error)

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
            worker.give(index, self.work[index], self.own.run_invocation_timeout)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def lines_of(result: Any) -> list[str]:
    """One line per item: a row of a data frame as its values apart by blanks."""
    if hasattr(result, "to_csv"):
        return result.to_csv(sep=" ", header=False, index=False).splitlines()
    return [str(item) for item in result]


def work(descriptor: int, arguments: list[str]) -> None:
    """The worker: answers (index, lines, error); an index of None is a failed init()."""
    connection: Any = Connection(descriptor)
    name = parsed(arguments).scoring_module_name
    sys.argv = [name, *arguments]
    sys.path[0] = str(Path.cwd())
    try:
        spec = importlib.util.spec_from_file_location(Path(name).stem, name)
        assert spec is not None, f"{name} is no Python file"
        assert spec.loader is not None, f"{name} is no Python file"
        script = importlib.util.module_from_spec(spec)
        sys.modules[Path(name).stem] = script
        spec.loader.exec_module(script)
        if hasattr(script, "init"):
            script.init()
    except Exception as error:  # noqa: BLE001 - a user's script may raise anything
        traceback.print_exc()
        connection.send((None, [], f"{type(error).__name__}: {error}"))
        return
    while True:
        try:
            index, batch = connection.recv()
        except EOFError:
            return
        try:
            connection.send((index, lines_of(script.run(batch)), None))
        except Exception as error:  # noqa: BLE001 - the same
            traceback.print_exc()
            connection.send((index, [], f"{type(error).__name__}: {error}"))


def main(arguments: list[str]) -> None:
    own = parsed(arguments)
    driver = Driver(arguments, own, batches(arguments, own))
    driver.run()
    if own.output:
        Path(own.output).mkdir(parents=True, exist_ok=True)
    if own.output and own.output_action == "append_row":
        lines = [line for index in sorted(driver.results) for line in driver.results[index]]
        Path(own.output, own.append_row_file_name).write_text("".join(f"{line}\n" for line in lines))
    say(f"{len(driver.work)} mini-batches, {driver.failed} items failed")


if __name__ == "__main__":
    if sys.argv[1:2] == [WORKER]:
        work(int(sys.argv[2]), sys.argv[3:])
    else:
        main(sys.argv[1:])

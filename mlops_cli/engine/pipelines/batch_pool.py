"""The worker processes of a batch step; one that dies or takes too long is replaced."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import msgspec

from mlops_cli.engine.pipelines.batch_worker import Answer

POLL_SECONDS = 0.5


class Worker:
    """A process and the pipes to it. It is `ready` once init() is done; `task` is the mini-batch it is at."""

    def __init__(self, folder: Path) -> None:
        tasks, self._tasks = os.pipe()
        self.answers, answers = os.pipe()
        command = [sys.executable, "-m", "mlops_cli.engine.pipelines.batch_worker", str(folder)]
        self._process = subprocess.Popen([*command, str(tasks), str(answers)], pass_fds=(tasks, answers))
        os.close(tasks)
        os.close(answers)
        self.ready = False
        self.task: int | None = None
        self.deadline = float("inf")
        self._rest = b""

    def send(self, index: int, start: int, stop: int, deadline: float) -> None:
        self.task, self.deadline = index, deadline
        with contextlib.suppress(BrokenPipeError):
            os.write(self._tasks, msgspec.json.encode((index, start, stop)) + b"\n")

    def read(self) -> list[Answer] | None:
        """What it has answered; None when it has ended."""
        chunk = os.read(self.answers, 1 << 20)
        if not chunk:
            return None
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        found = [msgspec.json.decode(line, type=Answer) for line in lines]
        if found:
            self.ready, self.task, self.deadline = True, None, float("inf")
        return found

    def end(self) -> int:
        """Kill it and wait for it; returns what it ended with."""
        self._process.kill()
        code = self._process.wait()
        os.close(self._tasks)
        os.close(self.answers)
        return code


class Pool:
    """A context in which `count` workers live."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder
        self._workers = [Worker(folder) for _ in range(count)]

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()

    def idle(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.ready and worker.task is None]

    def wait(self) -> list[Answer]:
        """Answers that have come, also for mini-batches whose worker has died or takes too long."""
        readable = select.select([worker.answers for worker in self._workers], [], [], POLL_SECONDS)[0]
        found: list[Answer] = []
        for worker in list(self._workers):
            if worker.answers in readable:
                answers = worker.read()
                found += self._replace(worker, None) if answers is None else answers
            elif time.monotonic() > worker.deadline:
                found += self._replace(worker, "it took longer than run_invocation_timeout")
        return found

    def _replace(self, worker: Worker, reason: str | None) -> list[Answer]:
        """Another worker in its place. One that died before its init() was done ends the step."""
        code = worker.end()
        error = reason or f"its process ended (exit code {code})"
        if not worker.ready:
            self._workers.remove(worker)
            return [Answer(error=f"init() failed: {error}")]
        self._workers[self._workers.index(worker)] = Worker(self._folder)
        return [] if worker.task is None else [Answer(worker.task, error=error)]

"""Try a revision before anybody depends on it: one worker of its own, one true row, and it is gone again."""

import contextlib
import os
import select
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM

import msgspec
import requests

from mlops_cli.engine.endpoints import failures, keys, packaging, probing, sockets
from mlops_cli.engine.endpoints.failures import Origin
from mlops_cli.engine.endpoints.worker import Inherited, Worker
from mlops_cli.engine.serving.spec import (
    COLLECTED_FILE,
    LOG_FILE,
    METRICS_DIR,
    REQUESTS_FILE,
    SECRETS_FILE,
    SWITCHES,
    StartupFailure,
    read_spec,
)
from mlops_cli.errors import WorkFailedError

START_SECONDS = 120.0
END_SECONDS = 3.0
END_WITH_US = ("/bin/sh", "-c", "kill $PPID")
"""Started by the worker when this process has died: ends the worker."""


def run(draft: Path, sample: bytes | None, origin: Origin) -> None:
    """Load the revision and, when there is a sample, score it.

    Raises WorkFailedError with the user's own frame; `origin` gives the user's path of a copied file.
    """
    spec = read_spec(draft)
    packaging.write_spec(draft, msgspec.structs.replace(spec, auth="key", **dict.fromkeys(SWITCHES, False)))
    keys.ensure(draft)
    try:
        with _worker(draft, origin) as port:
            if sample is not None:
                _score(port, draft, sample, spec.scoring_timeout_ms / 1000 + 5, origin)
    finally:
        packaging.write_spec(draft, spec)
        (draft / SECRETS_FILE).unlink(missing_ok=True)
    for trace in (LOG_FILE, REQUESTS_FILE, COLLECTED_FILE):
        (draft / trace).unlink(missing_ok=True)
    shutil.rmtree(draft / METRICS_DIR, ignore_errors=True)


def _score(port: int, draft: Path, sample: bytes, timeout: float, origin: Origin) -> None:
    try:
        answer = probing.send(port, sample, keys.keys(draft).primary, timeout)
    except requests.RequestException as error:
        hint = "run() must not end the process or take longer than the deadline"
        raise WorkFailedError(f"one row was not scored: {error}", hint=hint) from error
    if answer.status_code != 200:
        raise failures.scoring(answer, draft, origin)


@contextlib.contextmanager
def _worker(draft: Path, origin: Origin) -> Iterator[int]:
    """A worker on a port of its own, once it is ready; ended with the context."""
    with sockets.listen(0) as listener:
        alive, held = os.pipe()
        worker = Worker.start(draft, 1, Inherited([listener], [listener], alive), END_WITH_US)
        os.close(alive)
        try:
            _wait_until_ready(worker, draft, origin)
            yield listener.getsockname()[1]
        finally:
            _end(worker)
            worker.close()
            os.close(held)


def _wait_until_ready(worker: Worker, draft: Path, origin: Origin) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not worker.ready:
        if worker.ready_fd is not None:
            select.select([worker.ready_fd], [], [], max(0, deadline - time.monotonic()))
        if failure := worker.poll():
            raise failures.startup(_heard(failure, worker), draft, origin)
        if not worker.ready and time.monotonic() >= deadline:
            failure = StartupFailure("Timeout", f"init() did not return within {START_SECONDS:.0f} s")
            raise failures.startup(failure, draft, origin)


def _heard(failure: StartupFailure, worker: Worker) -> StartupFailure:
    """For a worker that died without a word: how, and what the interpreter said."""
    if failure.code != "WorkerDied":
        return failure
    _end(worker)
    said = "; ".join(worker.last_output()[-3:])
    return StartupFailure(
        "WorkerDied", f"the process {worker.ending()} while loading{': ' if said else ''}{said}"
    )


def _end(worker: Worker) -> None:
    worker.signal(SIGTERM)
    deadline = time.monotonic() + END_SECONDS
    while worker.is_alive():
        if time.monotonic() > deadline:
            worker.signal(SIGKILL)
        time.sleep(0.01)

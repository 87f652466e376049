"""`python -m mlops_cli.engine.automl.host FITS`: forks a process per fit, and kills those that take too long.

It has the libraries loaded and has never computed anything itself, so that its forks start at once and start clean
(a fork of a process whose OpenMP threads have worked may hang). Jobs come on stdin, one line says how each ended;
the answer itself is in a file. The end of stdin (the parent died) and SIGTERM stop the job at work.
"""

import os
import pickle
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from msgspec import Struct

DONE, KILLED, DIED = b"done\n", b"killed\n", b"died\n"
_LOOK_EVERY = 0.01
_NO_MEMORY = ("bad_alloc", "bad_malloc", "Failed to allocate")


class Job(Struct):
    """Call `method` of the fits. It is asked to stop at `deadline` and killed at `end` (time.time())."""

    method: str
    given: tuple[Any, ...]
    answer: str = ""
    deadline: float = 0.0
    end: float = 0.0
    threads: int = 1
    soft: bool = False
    memory: int | None = None
    cores: int = 1


def main(path: str) -> None:
    import joblib
    import lightgbm  # noqa: F401
    import sklearn.ensemble
    import sklearn.linear_model
    import sklearn.neighbors
    import sklearn.tree  # noqa: F401
    import xgboost  # noqa: F401

    from mlops_cli.engine.automl.quiet import quiet

    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    jobs, said = os.fdopen(os.dup(0), "rb"), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    fits = joblib.load(path, mmap_mode="c")
    with quiet():
        while job := _next(jobs):
            os.write(said, _run(job, fits, jobs))


def _next(jobs: BinaryIO) -> Job | None:
    try:
        job: Job = pickle.load(jobs)  # noqa: S301 (our own parent wrote it)
    except EOFError:
        return None
    return job


def _run(job: Job, fits: Any, jobs: BinaryIO) -> bytes:
    child = os.fork()
    if child == 0:
        try:
            _work(job, fits)
        finally:
            os._exit(1)
    try:
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return DONE if status == 0 else DIED
            orphaned = bool(select.select([jobs], [], [], _LOOK_EVERY)[0])
            if orphaned or time.time() > job.end:
                _kill(child)
                return KILLED
    except SystemExit:
        _kill(child)
        raise


def _kill(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _work(job: Job, fits: Any) -> None:
    from mlops_cli.engine.automl.clock import Limits, OutOfTimeError

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _bound_memory(job.memory)
    found: tuple[str, Any]
    try:
        limits = Limits(job.deadline, job.threads, job.soft, cores=job.cores)
        found = "value", getattr(fits, job.method)(*job.given, limits)
    except OutOfTimeError:
        found = "late", None
    except Exception as failure:  # noqa: BLE001 whatever a library raises is told
        found = "error", _told(failure, job.memory)
    Path(job.answer).write_bytes(pickle.dumps(found, protocol=5))
    os._exit(0)


def _told(failure: Exception, memory: int | None) -> str:
    """Boosters tell of memory in words of their own, and add a stack."""
    said = str(failure).partition("\n")[0]
    if isinstance(failure, MemoryError) or any(sign in said for sign in _NO_MEMORY):
        return f"out of memory: it may use {(memory or 0) >> 20} MB"
    return f"{type(failure).__name__}: {said}"


def _bound_memory(more: int | None) -> None:
    """`more` bytes of data beyond what the process has now."""
    if more is None:
        return
    import resource

    import psutil

    used = psutil.Process().memory_info()
    limit = getattr(used, "data", used.vms) + more
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


if __name__ == "__main__":
    main(sys.argv[1])

"""Taking a run in hand: of all processes that would work on it one holds its lock, and writes its log."""

import logging
import os
import sys
import time
from pathlib import Path

from mlops_cli.engine.files import locked
from mlops_cli.engine.pipelines import layout
from mlops_cli.engine.pipelines.apart import make_run_dir
from mlops_cli.engine.pipelines.nursery import Nursery
from mlops_cli.engine.pipelines.running import Running, log
from mlops_cli.engine.store import Store

LOCK_SECONDS = 3.0
LOCK_POLL_SECONDS = 0.001


def work_on(store: Store, run_id: str, nursery: Nursery) -> None:
    """Work on the run until it ends, unless another process does."""
    make_run_dir(store.home, run_id)
    _log_to(layout.runner_log(store.home, run_id))
    lock = layout.runner_lock(store.home, run_id)
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        # Those who only look whether the run is worked on hold the lock for an instant: hence more than one try.
        with locked(lock, wait=False) as mine:
            if mine:
                lock.write_text(str(os.getpid()))
                return Running(store, run_id, nursery).run()
        if time.monotonic() > deadline:
            return log.info("another process works on %s", run_id)
        time.sleep(LOCK_POLL_SECONDS)


class _EachLine(logging.Formatter):
    """A record has as many lines as there was to say at that moment."""

    def format(self, record: logging.LogRecord) -> str:
        head = f"{self.formatTime(record)} {record.levelname} "
        return "\n".join(head + line for line in super().format(record).split("\n"))


def _log_to(path: Path) -> None:
    """All that this process says; not through the root logger, which is the scripts' own."""
    output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_EachLine())
    # What nobody reads is not asked for: see "Optimization" in the logging HOWTO of Python.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False

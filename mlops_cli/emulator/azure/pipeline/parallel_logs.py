"""The files in which a ParallelRunStep keeps what its processes say. Lies beside the driver as amlbi_logs.py.

Below `logs`, which is kept with the run; imports nothing of ours.
"""

import csv
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple, TextIO

LOGS = Path("logs").resolve()
NODE = "0"
USER, SYSTEM = LOGS / "user", LOGS / "sys"
OWN = USER / "entry_script_log" / NODE
"""Where an entry script is to write files of its own."""
REPORT = SYSTEM / "job_report" / "processed_mini-batches.csv"
LOGGER = logging.getLogger("entry_script")
COLUMNS = (
    "Mini-batch Id", "Process", "Process Start Time", "Total", "Succeeded", "Failed", "Elapsed Seconds",
    "Process Seconds", "Run Method Seconds", "Status", "Error Message",
)  # fmt: skip


class Done(NamedTuple):
    """How a process has fared with a mini-batch: as wide as COLUMNS without the times."""

    number: int
    process: str
    total: int
    succeeded: int
    error: str | None


class Tee:
    """A stream that writes to a file as well, which begins with the first word."""

    def __init__(self, stream: Any, path: Path) -> None:
        self._stream, self._path = stream, path

    def write(self, text: str) -> int:
        if text:
            with opened(self._path) as copy:
                copy.write(text)
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def keep(process: str, level: str) -> None:
    """Copy what this process prints, and what its entry script logs from `level` on, to files of its own."""
    sys.stdout = Tee(sys.stdout, USER / "stdout" / NODE / f"{process}.stdout.txt")
    sys.stderr = Tee(sys.stderr, USER / "stderr" / NODE / f"{process}.stderr.txt")
    logging.basicConfig(stream=sys.stdout, level=logging.INFO)
    copy = logging.StreamHandler(Tee(sys.stdout, OWN / f"{process}.log.txt"))
    copy.setFormatter(logging.Formatter("%(asctime)s|%(levelname)s|%(process)d|%(message)s"))
    LOGGER.addHandler(copy)
    LOGGER.propagate = False
    LOGGER.setLevel(level)


def opened(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a")


def error(text: str) -> None:
    """Add to the summary of what went wrong in the entry script."""
    _append(USER / "error.txt", text)


def traced(process: str, text: str) -> None:
    """Add a whole traceback of the entry script."""
    _append(USER / "error" / NODE / f"{process}.txt", text)


def progress(text: str) -> None:
    """Add to the overview of the mini-batches, and to what the first node says of them."""
    _append(LOGS / f"job_progress_overview.{time.strftime('%Y%m%d%H')}.txt", text)
    _append(SYSTEM / "master_role.txt", text)


def result(text: str) -> None:
    """How it all has ended, and where to look for more."""
    progress(text)
    (LOGS / "job_result.txt").write_text(f"{text}\n")


def begin_report() -> None:
    with opened(REPORT) as file:
        csv.writer(file).writerow(COLUMNS)


def report(done: Done, started: float, seconds: tuple[float, float, float]) -> None:
    """Tell of one mini-batch in the table of all, and in words in the log of the process."""
    status = "RUN_EXCEPTION" if done.error else "RUN_DONE"
    times = [f"{one:.3f}" for one in seconds]
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(started))
    counts = [done.total, done.succeeded, done.total - done.succeeded]
    with opened(REPORT) as file:
        csv.writer(file).writerow(
            [done.number, done.process, stamp, *counts, *times, status, done.error or ""]
        )
    told = f"{counts[0]} items, {counts[1]} succeeded, {counts[2]} failed; {times[0]} s, run() {times[2]} s"
    where = f"127.0.0.1 {os.getpid()}"
    _append(
        SYSTEM / "node" / NODE / f"{done.process}.txt", f"{where} mini-batch {done.number} {status}: {told}"
    )


def profile_of(process: str) -> Path:
    """Where the profile of a process goes that was asked for by --profiling_module."""
    path = SYSTEM / "node" / NODE / f"{process}.profile"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _append(path: Path, text: str) -> None:
    with opened(path) as file:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")

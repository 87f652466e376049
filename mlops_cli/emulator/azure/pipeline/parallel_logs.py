"""The files in which a ParallelRunStep keeps what its processes say. Lies beside the driver as amlbi_logs.py.

Below `logs`, which is kept with the run; imports nothing of ours.
"""

import logging
import sys
import time
from pathlib import Path
from typing import Any, TextIO

LOGS = Path("logs").resolve()
NODE = "0"
LOGGER = logging.getLogger("entry_script")


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
    user = LOGS / "user"
    sys.stdout = Tee(sys.stdout, user / "stdout" / NODE / f"{process}.stdout.txt")
    sys.stderr = Tee(sys.stderr, user / "stderr" / NODE / f"{process}.stderr.txt")
    logging.basicConfig(stream=sys.stdout)
    copy = logging.StreamHandler(Tee(sys.stdout, user / "entry_script_log" / NODE / f"{process}.log.txt"))
    copy.setFormatter(logging.Formatter("%(asctime)s|%(levelname)s|%(process)d|%(message)s"))
    LOGGER.addHandler(copy)
    LOGGER.propagate = False
    LOGGER.setLevel(level)


def opened(path: Path) -> TextIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("a")


def error(text: str) -> None:
    """Add to the summary of what went wrong in the entry script."""
    _append(LOGS / "user" / "error.txt", text)


def progress(text: str) -> None:
    """Add to the overview of the mini-batches."""
    _append(LOGS / f"job_progress_overview.{time.strftime('%Y%m%d')}.txt", text)


def _append(path: Path, text: str) -> None:
    with opened(path) as file:
        file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")

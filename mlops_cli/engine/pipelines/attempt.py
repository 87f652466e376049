"""One attempt of a step as the runner sees it: forked, or found alive after an earlier runner was killed."""

import contextlib
import fcntl
import os
import shutil
import signal
import time
from pathlib import Path

from mlops_cli.engine.files import locked
from mlops_cli.engine.pipelines import content, work
from mlops_cli.engine.pipelines.work import Result, Work

KILL_SECONDS = 5.0
LOCK = "lock"


class Attempt:
    """A process of its own. `pid` is None for one that is not our child, whose lock tells when it ends."""

    def __init__(self, folder: Path, pid: int | None, deadline: float | None) -> None:
        self.folder = folder
        self.pid = pid
        self.deadline = deadline
        self.result: Result | None = None
        self.gave_up: str | None = None
        self._kill_at: float | None = None

    def poll(self) -> bool:
        """Whether the attempt has ended; `result` says how."""
        signal_number = self._reap()
        if signal_number is None:
            self._watch_time()
            return False
        if self.gave_up:
            self.result = Result(False, self.gave_up)
        else:
            self.result = work.read_result(self.folder) or Result(False, _death(signal_number))
        return True

    def stop(self, why: str) -> None:
        """Ask the process and its children to end; insist after some seconds."""
        if self.gave_up is None:
            self.gave_up = why
            self._kill_at = time.monotonic() + KILL_SECONDS
            self._signal(signal.SIGTERM)

    def _reap(self) -> int | None:
        """The signal that ended the process, 0 for none; None while it lives."""
        if self.pid is None:
            with locked(self.folder / LOCK, wait=False) as free:
                return 0 if free else None
        found, status = os.waitpid(self.pid, os.WNOHANG)
        if found == 0:
            return None
        # What the step left running in its session ends with it.
        self._signal(signal.SIGKILL)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def _watch_time(self) -> None:
        now = time.monotonic()
        if self._kill_at is not None and now > self._kill_at:
            self._signal(signal.SIGKILL)
        elif self.deadline is not None and now > self.deadline:
            self.stop("it took longer than timeout_minutes")

    def _signal(self, number: int) -> None:
        group = self.pid or _group(self.folder)
        if group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)


def launch(task: Work, log: Path, deadline: float | None) -> Attempt:
    """Fork the process of the step. It holds the attempt's lock as long as it lives."""
    folder = Path(task.folder)
    if folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "outputs").mkdir()
    if task.code:
        content.copy_code(Path(task.code), folder / "work")
    else:
        (folder / "work").mkdir()
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        pid = os.fork()
        if pid == 0:
            os.write(handle, str(os.getpid()).encode())
            work.become(task, output, handle)
    finally:
        os.close(handle)
        os.close(output)
    return Attempt(folder, pid, deadline)


def adopt(folder: Path, deadline: float | None) -> Attempt | None:
    """The attempt of a runner that is gone; None when nothing of it can be used."""
    lock = folder / LOCK
    if not lock.exists():
        return None
    with locked(lock, wait=False) as free:
        alive = not free
    return Attempt(folder, None, deadline) if alive or work.read_result(folder) else None


def _group(folder: Path) -> int | None:
    """The process group of an adopted attempt that lives."""
    with locked(folder / LOCK, wait=False) as free:
        if free:
            return None
    text = (folder / LOCK).read_text()
    return int(text) if text.isdigit() else None


def _death(signal_number: int) -> str:
    if signal_number:
        return f"its process was ended by {signal.Signals(signal_number).name}"
    return "its process ended without a result"

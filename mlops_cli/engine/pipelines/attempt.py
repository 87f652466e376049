"""One attempt of a step as the runner sees it: given to a spare, or found alive after another runner."""

import contextlib
import os
import signal
import time

from mlops_cli.engine.endpoints.signals import signal_name
from mlops_cli.engine.pipelines import child, place, work
from mlops_cli.engine.pipelines.work import Result

KILL_SECONDS = 5.0


class Attempt:
    """A process of its own. `pid` is None for one that nobody tells us of, whose folder is held until it ends."""

    def __init__(self, name: str, pid: int | None, deadline: float | None) -> None:
        self.name = name
        self.pid = pid
        self.deadline = deadline
        self.result: Result | None = None
        self.gave_up: str | None = None
        self._kill_at: float | None = None

    def poll(self) -> bool:
        """Whether the attempt has ended; `result` says how."""
        if self.pid is None and _is_over(self.name):
            self.settle()
        if self.result is None:
            self._watch_time()
        return self.result is not None

    def settle(self, code: int = child.NO_RESULT, *, well: bool = False) -> None:
        """Its work has ended, its process with this exit code. `well`: the record need not be asked."""
        # What the step left running in its session ends with it.
        self._signal(signal.SIGKILL)
        if self.gave_up:
            self.result = Result(False, self.gave_up)
        elif well:
            self.result = Result(True)
        else:
            self.result = work.read_result(self.name) or _without_word(code)

    def stop(self, why: str) -> None:
        """Ask the process and its children to end; insist after some seconds."""
        if self.gave_up is None:
            self.gave_up = why
            self._kill_at = time.monotonic() + KILL_SECONDS
            self._signal(signal.SIGTERM)

    def _watch_time(self) -> None:
        now = time.monotonic()
        if self._kill_at is not None and now > self._kill_at:
            self._signal(signal.SIGKILL)
        elif self.deadline is not None and now > self.deadline:
            self.stop("it took longer than timeout_minutes")

    def _signal(self, number: int) -> None:
        group = self.pid or _group(self.name)
        if group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)


def adopt(name: str, deadline: float | None) -> Attempt | None:
    """The attempt of a runner that is gone; None when nothing of it can be used."""
    found = Attempt(name, None, deadline)
    return found if place.is_held(name) or work.read_result(name) else None


def _is_over(name: str) -> bool:
    """Whether an adopted attempt has ended; what it has left running may hold its folder for longer."""
    return not place.is_held(name) or work.read_result(name) is not None


def _group(name: str) -> int | None:
    """The process group of an adopted attempt that lives."""
    pid = (place.read(name, place.BEGAN) or b"") if place.is_held(name) else b""
    return int(pid) if pid.isdigit() else None


def _without_word(code: int) -> Result:
    """Of a process that has written down nothing: a signal ended it, or the script has by os._exit()."""
    if code < 0:
        return Result(False, f"its process was ended by {signal_name(-code)}")
    if code == child.NO_RESULT:
        return Result(False, "its process ended without a result")
    return Result(code == 0, f"the script ended with exit code {code}" if code else None)

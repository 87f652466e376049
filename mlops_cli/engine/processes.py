"""Processes that outlive the command that started them."""

import contextlib
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
from msgspec import Struct


class ProcessId(Struct):
    """A process id with its start time (seconds since 1970), so that a reused number is not taken for it."""

    pid: int
    started: float

    def is_alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            return (
                abs(process.create_time() - self.started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return False

    def terminate(self, *, timeout: float = 10) -> bool:
        """End the process, first kindly, after `timeout` seconds by force. False when it was gone already."""
        if not self.is_alive():
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            process.terminate()
            if not self._ends_within(timeout):
                process.kill()
                self._ends_within(timeout)
        return True

    def _ends_within(self, seconds: float) -> bool:
        """Wait for the end; another process's child that nobody has collected yet counts as ended."""
        deadline = time.monotonic() + seconds
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self.is_alive()


def identify(pid: int) -> ProcessId:
    """The identity of a process that runs now."""
    return ProcessId(pid, psutil.Process(pid).create_time())


def start_detached(
    command: Sequence[str], *, log: Path, env: Mapping[str, str], pass_fds: Sequence[int] = ()
) -> ProcessId:
    """Start `command` in a session of its own, so that neither Ctrl-C nor the end of a terminal reaches it.

    Its output is appended to `log`; `env` is added to this process's environment.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **env},
            start_new_session=True,
            pass_fds=tuple(pass_fds),
        )
    return identify(process.pid)

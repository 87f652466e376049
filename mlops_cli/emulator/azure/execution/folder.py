"""The folder of a submitted run: what its processes are told by it, and tell through it."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

import msgspec

from mlops_cli.emulator.state import Document
from mlops_cli.engine.files import locked, write_atomic

STARTING_SECONDS = 60


class RunFolder:
    """`job.json` and `plan.json` go in; `std_log.txt`, `error.json` and `result.json` come out.

    The runner holds `lock` for its life and has written its process id into it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.code = path / "code"
        self.home = path / "home"
        self.plan = path / "plan.json"
        self.log = path / "std_log.txt"

    def create(self, job: Document, plan: Document) -> None:
        for folder in (self.code, self.home):
            folder.mkdir(parents=True, exist_ok=True)
        self.log.touch()
        write_atomic(self.plan, msgspec.json.encode(plan))
        write_atomic(self.path / "job.json", msgspec.json.encode(job), mode=0o600)

    def result(self) -> Document | None:
        """{exit_code, ended, cwd}; None while there is no end."""
        return _read(self.path / "result.json")

    def error(self) -> Document | None:
        """{type, message} of the exception that ended a script."""
        return _read(self.path / "error.json")

    def has_begun(self) -> bool:
        return (self.path / "lock").exists()

    def is_worked_on(self) -> bool:
        """Whether the runner lives, has just ended, or may still come (a client starts a local one itself)."""
        if not self.has_begun() or not (self.path / "lock").read_text():
            # A runner makes the file, locks it, and then writes its id: what it has not yet locked is no sign.
            job = self.path / "job.json"
            return job.exists() and time.time() - job.stat().st_mtime < STARTING_SECONDS
        with locked(self.path / "lock", wait=False) as free:
            return not free or self.result() is not None

    def kill(self) -> None:
        """End the runner and everything that it has started."""
        if self.result() or not self.has_begun() or not self.is_worked_on():
            return
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            os.killpg(int((self.path / "lock").read_text()), signal.SIGKILL)


def _read(path: Path) -> Document | None:
    try:
        document: Document = msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return document

"""Runners that are started: at once for a run, or ahead of need, so that a trigger need not wait for one."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from mlops_cli.engine.pipelines import layout
from mlops_cli.engine.pipelines.apart import make_run_dir
from mlops_cli.engine.processes import ProcessId, identify

Launch = Callable[[Path, str], object]
"""Starts a runner below a state directory for a run."""
COMMAND = (sys.executable, "-m", "mlops_cli.engine.pipelines.runner")


class WaitingRunner:
    """A process in a session of its own that waits for the id of its run; it ends with the one that holds this."""

    def __init__(self, home: Path, output: int | None = None) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, str(home)], stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def work_on(self, run_id: str) -> bool:
        """Whether it was there to be told; from then on it stands alone."""
        assert self._process.stdin is not None
        try:
            with self._process.stdin as stdin:
                stdin.write(run_id.encode())
        except BrokenPipeError:
            return False
        return True


def start(home: Path, run_id: str) -> ProcessId:
    """Start a runner for the run."""
    make_run_dir(home, run_id)
    output = os.open(layout.runner_log(home, run_id), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        runner = WaitingRunner(home, output)
    finally:
        os.close(output)
    process = identify(runner.pid)
    runner.work_on(run_id)
    return process


class Reserve:
    """One runner kept waiting. For use by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runner: WaitingRunner | None = None

    def fill(self, home: Path) -> None:
        with self._lock:
            if self._runner is None or not self._runner.is_alive():
                self._runner = WaitingRunner(home)

    def start(self, home: Path, run_id: str) -> None:
        """Give the run to the waiting runner; start another when there is none."""
        with self._lock:
            runner, self._runner = self._runner, None
        if runner is None or not runner.work_on(run_id):
            start(home, run_id)

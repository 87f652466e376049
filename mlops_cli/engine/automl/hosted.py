"""Fits that cannot be interrupted, done in a process that can be killed: `host` forks one for each.

What is too small to take long stays in threads. So does boosting, which looks at the clock after every round and
needs little more memory than the data, until the data is big; and what is given a few seconds only.
"""

import os
import pickle
import queue
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mlops_cli.engine.automl.clock import Limits, OutOfTimeError
from mlops_cli.engine.automl.engines import is_foreign
from mlops_cli.engine.automl.fitdata import Parameters
from mlops_cli.engine.automl.fits import Elsewhere, Fits, FoldAnswer
from mlops_cli.engine.automl.host import DONE, KILLED, Job

_LOOK_AT_THE_CLOCK = ("LightGBM", "XGBoost", "CatBoost")
_SMALL_CELLS = 200_000
_BIG_CELLS = 20_000_000
_FEW_SECONDS = 4.0
_SOFT_GRACE = 0.5
_LEAST = 2.5
"""Seconds that a fit gets while there is no model at all, whatever the budget."""
_MEMORY_SHARE = 0.75


class FitFailedError(Exception):
    """What a fit in another process raised, as text."""


class HostedFits(Elsewhere):
    """The fits of `inner`, the risky ones in processes with a deadline and a bound on memory (bytes).

    By default a fit may use three quarters of the memory that is free when it begins.
    """

    def __init__(
        self,
        inner: Fits,
        folder: Path,
        memory: int | None = None,
        small: int = _SMALL_CELLS,
        big: int = _BIG_CELLS,
    ) -> None:
        self.inner = inner
        self.folder = folder
        self.memory = memory
        self.small = small
        self.big = big
        self._proven = False
        self._idle: queue.SimpleQueue[_Host] = queue.SimpleQueue()
        self._hosts: list[_Host] = []

    @property
    def side_by_side(self) -> int:
        return self.inner.side_by_side

    def judge(self, algorithm: str, parameters: Parameters, limits: Limits) -> list[FoldAnswer]:
        found: list[FoldAnswer]
        if self._trusted(algorithm, limits):
            found = self.inner.judge(algorithm, parameters, limits)
        else:
            found = self._elsewhere("judge", (algorithm, parameters), limits)
        self._proven = True
        return found

    def final(self, algorithm: str, parameters: Parameters, rounds: int | None, limits: Limits) -> Any:
        if self._trusted(algorithm, limits):
            return self.inner.final(algorithm, parameters, rounds, limits)
        return self._elsewhere("final", (algorithm, parameters, rounds), limits)

    def close(self) -> None:
        for host in self._hosts:
            host.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _trusted(self, algorithm: str, limits: Limits) -> bool:
        if self.inner.cells < self.small or not hasattr(os, "fork"):
            return True
        if is_foreign(algorithm):
            return True
        few = limits.soft and limits.deadline - time.time() < _FEW_SECONDS
        light = self.inner.cells * self.inner.outputs < self.big or few
        return light and algorithm.startswith(_LOOK_AT_THE_CLOCK)

    def _elsewhere(self, method: str, given: tuple[Any, ...], limits: Limits) -> Any:
        now = time.time()
        end = limits.deadline
        if limits.soft:
            end = max(end + _SOFT_GRACE, now if self._proven else now + _LEAST)
        host = self._host()
        memory = self.memory or _available()
        job = Job(
            method,
            given,
            str(host.answer),
            limits.deadline,
            end,
            limits.threads,
            limits.soft,
            memory,
            limits.cores,
        )
        try:
            return host.run(job, limits)
        finally:
            self._idle.put(host)

    def _host(self) -> "_Host":
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            host = _Host(self._dumped())
            self._hosts.append(host)
            return host

    def _dumped(self) -> Path:
        """The data on disk once, in files that every host maps into its memory."""
        import joblib

        path = self.folder / "fits"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self.folder / f"draft-{time.monotonic_ns()}"
            joblib.dump(self.inner, draft)
            draft.replace(path)
        return path


class _Host:
    """One process of `host`, started when it is first needed and again when it died."""

    def __init__(self, fits: Path) -> None:
        self.fits = fits
        self.answer = fits.with_name(f"answer-{time.monotonic_ns()}")
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, job: Job, limits: Limits) -> Any:
        said = self._ask(job, limits)
        if said == KILLED:
            raise OutOfTimeError
        if said != DONE:
            raise FitFailedError("its process ended at once; most often the memory was not enough")
        kind, value = pickle.loads(self.answer.read_bytes())  # noqa: S301 (our own process wrote it)
        if kind == "late":
            raise OutOfTimeError
        if kind == "error":
            raise FitFailedError(value)
        return value

    def close(self) -> None:
        if self.process is not None:
            with self.process:
                self.process.terminate()

    def _ask(self, job: Job, limits: Limits) -> bytes:
        """What the host says in the end: DONE, KILLED, anything else when a process died."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump(job, process.stdin)
            process.stdin.flush()
        except BrokenPipeError:
            return b""
        while not select.select([process.stdout], [], [], 0.05)[0]:
            if limits.canceled():
                process.terminate()
                process.wait()
                return KILLED
        return process.stdout.readline()

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.close()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlops_cli.engine.automl.host", str(self.fits)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
            )
        return self.process


def _available() -> int:
    import psutil

    return int(psutil.virtual_memory().available * _MEMORY_SHARE)

"""Trials on the workers of a Dask cluster that is there already, one on each worker at a time.

The workers need this package. The data travels once. A worker does a fit as a search on one machine would: in a
process that can be killed where that is needed; it gets seconds, not a moment, for clocks differ.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from mlops_cli.engine.automl.clock import Limits, OutOfTimeError
from mlops_cli.engine.automl.cluster_worker import Task, forget, work
from mlops_cli.engine.automl.fitdata import Parameters
from mlops_cli.engine.automl.fits import Elsewhere, Fits, FoldAnswer
from mlops_cli.engine.automl.hosted import FitFailedError
from mlops_cli.errors import MissingExtraError, UsageError

_CONNECT_SECONDS = 10
_LOOK_EVERY = 0.2
_GRACE = 5.0
_TRIES = 3


class ClusterFits(Elsewhere):
    """The fits of `inner`, done by the workers of the scheduler at `address` (tcp://host:port or tls://).

    Raises MissingExtraError or UsageError when there is no such cluster.
    """

    def __init__(self, inner: Fits, address: str) -> None:
        self.inner = inner
        self.client = _connect(address)
        self.token = uuid4().hex
        self._stop = _event(self.token, self.client)
        self._busy: Counter[str] = Counter()
        self._lock = threading.Lock()
        if not self._workers():
            self.client.close()
            raise UsageError(f"the cluster at {address} has no worker", hint=f"dask worker {address}")
        self.data = self._scattered()

    @property
    def side_by_side(self) -> int:
        return max(1, len(self._workers()))

    def judge(self, algorithm: str, parameters: Parameters, limits: Limits) -> list[FoldAnswer]:
        found: list[FoldAnswer] = self._somewhere("judge", (algorithm, parameters), limits)
        return found

    def final(self, algorithm: str, parameters: Parameters, rounds: int | None, limits: Limits) -> Any:
        return self._somewhere("final", (algorithm, parameters, rounds), limits)

    def close(self) -> None:
        self._stop.set()
        self.client.run(forget, self.token)
        self.client.close()

    def _somewhere(self, method: str, given: tuple[Any, ...], limits: Limits) -> Any:
        """A worker that is lost is no fault of the fit: it is tried on another."""
        for _ in range(_TRIES):
            with self._worker() as (address, threads):
                answer = self._ask(address, Task(self.token, method, given, threads, limits.soft), limits)
            if answer is not None:
                return _value(*answer)
        raise FitFailedError(f"{_TRIES} workers were lost while they did it")

    def _ask(self, address: str, task: Task, limits: Limits) -> tuple[str, Any] | None:
        """What the worker says; None when it is gone."""
        from distributed import CancelledError, KilledWorker

        task.seconds = max(0.0, limits.deadline - time.time())
        end = time.time() + task.seconds + _GRACE
        future = self.client.submit(work, self._shared(), task, workers=[address], pure=False)
        try:
            while time.time() < end and not limits.canceled():
                try:
                    answer: tuple[str, Any] = future.result(timeout=_LOOK_EVERY)
                    return answer
                except TimeoutError:
                    if address not in self._workers():
                        return None
        except (KilledWorker, CancelledError):
            return None
        finally:
            future.cancel()
        raise OutOfTimeError

    def _shared(self) -> Any:
        """The data on the workers; sent once more when all that had it were lost."""
        with self._lock:
            if self.data.cancelled():
                self.data = self._scattered()
            return self.data

    def _scattered(self) -> Any:
        return self.client.scatter(self.inner, hash=False)

    @contextmanager
    def _worker(self) -> Iterator[tuple[str, int]]:
        """The address of the worker that has least of ours to do, and its threads."""
        with self._lock:
            workers = self._workers()
            if not workers:
                raise FitFailedError("the cluster has no worker left")
            address = min(workers, key=lambda name: self._busy[name])
            self._busy[address] += 1
        try:
            yield address, workers[address]
        finally:
            with self._lock:
                self._busy[address] -= 1

    def _workers(self) -> dict[str, int]:
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        return {address: int(worker["nthreads"]) for address, worker in workers.items()}


def _value(kind: str, value: Any) -> Any:
    if kind == "late":
        raise OutOfTimeError
    if kind == "error":
        raise FitFailedError(value)
    return value


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        hint = "pip install 'mlops-cli[dask]'"
        raise MissingExtraError("train.workers needs the package distributed", hint=hint) from None
    if not address.startswith(("tcp://", "tls://")):
        hint = "give the address of a Dask scheduler, for example tcp://127.0.0.1:8786"
        raise UsageError(f"train.workers: {address} is no address of a cluster", hint=hint)
    try:
        return Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"no Dask scheduler answers at {address}", hint="dask scheduler") from error


def _event(token: str, client: Any) -> Any:
    from distributed import Event

    return Event(token, client=client)

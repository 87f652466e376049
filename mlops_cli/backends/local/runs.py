"""Runs on this machine."""

from collections.abc import Iterator

from mlops_cli import paths
from mlops_cli.domain.diagnosis import Diagnosis
from mlops_cli.domain.runs import Run
from mlops_cli.domain.training import TrainRequest
from mlops_cli.engine.store import Store
from mlops_cli.engine.training import start as training


class LocalRuns:
    """RunBackend over the store and detached trainer processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def start(self, request: TrainRequest) -> tuple[Run, bool]:
        return training.start(self._store, request)

    def get(self, run_id: str) -> Run:
        return training.observed(self._store, self._store.runs.get(run_id))

    def children(self, run_id: str) -> list[Run]:
        return self._store.runs.children(run_id)

    def list(self, *, experiment: str | None = None) -> list[Run]:
        found = self._store.runs.all(experiment=experiment)
        return [training.observed(self._store, run) for run in found]

    def logs(self, run_id: str) -> Iterator[str]:
        path = paths.run_log(self._store.home, self._store.runs.get(run_id).run_id)
        if path.exists():
            with path.open(encoding="utf-8", errors="replace") as file:
                yield from (line.rstrip("\n") for line in file)

    def cancel(self, run_id: str) -> Run:
        return training.cancel(self._store, run_id)

    def diagnose(self, run_id: str) -> Diagnosis:
        from mlops_cli.engine.training.diagnosis import diagnose

        return diagnose(self._store, self._store.runs.get(run_id))

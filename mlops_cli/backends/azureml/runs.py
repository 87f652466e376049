"""AutoML runs of the workspace."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.backends.azureml import diagnosis, history, missing
from mlops_cli.backends.azureml.data import AzureData
from mlops_cli.backends.azureml.registration import register_best
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.training import check, describe, run_key, submit, unheeded
from mlops_cli.domain.data import versioned
from mlops_cli.domain.diagnosis import Diagnosis
from mlops_cli.domain.runs import Run
from mlops_cli.domain.training import TrainRequest
from mlops_cli.engine.files import write_atomic
from mlops_cli.errors import NotFoundError, UsageError
from mlops_cli.status import RunStatus

if TYPE_CHECKING:
    from azureml.core import Run as AzureRun
    from azureml.data import TabularDataset

POLL_SECONDS = 2.0
AT_ONCE = 4
AUTOML = "automl"


class AzureRuns:
    """RunBackend over run history. Child runs that have ended are kept here: they never change."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked: dict[str, float] = {}

    def start(self, request: TrainRequest) -> tuple[Run, bool]:
        """Submit, unless the same run is under way, or is done and its model is not registered yet."""
        check(request.settings)
        table = AzureData(self._session).table(request.dataset, request.version)
        key = run_key(request, table)
        going = None if request.always_new else self._unfinished(request.experiment, key)
        for line in unheeded(request.settings):
            self._session.say(line)
        run = going or submit(self._session, request, table, key, self._validation(request))
        describe(run, request)
        return self._observed(run), going is None

    def get(self, run_id: str) -> Run:
        """The run as it is now. A completed one gets its model registered, where it asked for that."""
        self._pause(run_id)
        return self._observed(self._run(run_id))

    def children(self, run_id: str) -> list[Run]:
        ended = [
            child
            for child in self._run(run_id).get_children()
            if history.is_trial(child) and history.state(child.status).is_final
        ]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(self._child, ended))
        return sorted(found, key=lambda child: (child.ended_at or "", child.iteration))

    def list(self, *, experiment: str | None = None) -> list[Run]:
        from azureml.core import Experiment

        workspace = self._session.workspace
        named = Experiment.list(workspace)
        chosen = [e for e in named if experiment in (None, e.name)]
        found = [history.parent(run) for e in chosen for run in e.get_runs(type=AUTOML)]
        return sorted(found, key=lambda run: run.created_at, reverse=True)

    def logs(self, run_id: str) -> Iterator[str]:
        """The lines of all log files of the run and of its setup, each file under its name."""
        run = self._run(run_id)
        setup = [child for child in run.get_children() if child.id.endswith("_setup")]
        for source in (run, *setup):
            with tempfile.TemporaryDirectory() as place:
                yield from _lines(source.get_all_logs(destination=place), Path(place))

    def cancel(self, run_id: str) -> Run:
        run = self._run(run_id)
        if not history.state(run.get_status()).is_final:
            run.cancel()
        return self._observed(self._run(run_id))

    def diagnose(self, run_id: str) -> Diagnosis:
        run = self._run(run_id)
        known = history.parent(run)
        if known.status != RunStatus.COMPLETED:
            raise UsageError(f"run {run_id} is {known.status}: it has no model yet")
        best = run.get_best_child()
        return diagnosis.diagnose(best, history.algorithm(best.properties), self._columns(known))

    def _validation(self, request: TrainRequest) -> TabularDataset | None:
        wanted = request.settings.validation_data
        return AzureData(self._session).table(*versioned(wanted)) if wanted else None

    def _columns(self, known: Run) -> Sequence[str]:
        """The columns of the data, as far as they are known."""
        request = known.properties["request"]
        if not request["dataset"]:
            return ()
        try:
            data = AzureData(self._session).get(request["dataset"], request["version"])
        except NotFoundError:
            return ()
        return [column.name for column in data.profile.columns]

    def _run(self, run_id: str) -> AzureRun:
        from azureml.core import Run as AzureRun

        found = self._session.find(lambda: AzureRun.get(self._session.workspace, run_id))
        if found is None:
            raise missing.no_run(run_id)
        return found

    def _observed(self, run: AzureRun) -> Run:
        found = history.parent(run)
        wanted = found.properties["request"].get("model_name")
        if found.status == RunStatus.COMPLETED and wanted and "model" not in found.properties:
            model, _ = register_best(self._session, run, found, wanted)
            found.properties["model"] = {"name": model.name, "version": model.version}
        return found

    def _unfinished(self, experiment: str, key: str) -> AzureRun | None:
        from azureml.core import Experiment

        runs = Experiment(self._session.workspace, experiment).get_runs(type=AUTOML, tags={"mlops_key": key})
        return next((run for run in runs if _goes_on(run)), None)

    def _child(self, run: AzureRun) -> Run:
        kept = self._session.home / "runs" / f"{run.id}.json"
        if kept.exists():
            return msgspec.json.decode(kept.read_bytes(), type=Run)
        logged = run.get_metrics()
        numbers = {name: float(value) for name, value in logged.items() if isinstance(value, int | float)}
        found = history.child(run, numbers)
        write_atomic(kept, msgspec.json.encode(found))
        return found

    def _pause(self, run_id: str) -> None:
        """Space out the questions of somebody who waits."""
        since = time.monotonic() - self._asked.get(run_id, 0)
        if since < POLL_SECONDS:
            time.sleep(POLL_SECONDS - since)
        self._asked[run_id] = time.monotonic()


def _goes_on(run: AzureRun) -> bool:
    status = history.state(run.status)
    unregistered = status == RunStatus.COMPLETED and "mlops_model" not in run.tags
    return unregistered or not status.is_final


def _lines(files: Iterable[str], place: Path) -> Iterator[str]:
    for file in sorted(files):
        yield f"==> {Path(file).relative_to(place)} <=="
        yield from Path(file).read_text(errors="replace").splitlines()

"""The process of an automl step: `python -m mlops_cli.engine.pipelines.automl FOLDER` beside its work.json.

The AutoML run is one like any other: it is listed by `mlops runs`, and the same work takes it up again.
"""

import re
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import msgspec

from mlops_cli.domain.data import Dataset
from mlops_cli.domain.pipelines import AutoMLStep
from mlops_cli.domain.runs import Run
from mlops_cli.domain.training import TrainRequest
from mlops_cli.engine.pipelines.planning import Source
from mlops_cli.engine.pipelines.work import WORK, Result, Work, write_result
from mlops_cli.engine.store import Store
from mlops_cli.engine.training import start as training
from mlops_cli.engine.training.outcome import best_model_folder
from mlops_cli.errors import MlopsError, WorkFailedError
from mlops_cli.status import RunStatus

POLL_SECONDS = 0.2
TABLES = (".csv", ".tsv", ".parquet")


def main(attempt: str) -> int:
    work = msgspec.json.decode((Path(attempt) / WORK).read_bytes(), type=Work)
    try:
        facts = train(work)
    except MlopsError as error:
        sys.stderr.write(f"{error.message}\n")
        hints = [error.hint] if error.hint else []
        write_result(attempt, Result(False, error.message, [*error.details, *hints]))
        return 1
    except Exception as error:  # noqa: BLE001 - the step is to say what happened
        traceback.print_exc()
        write_result(attempt, Result(False, f"{type(error).__name__}: {error}"))
        return 1
    write_result(attempt, Result(True, facts=facts))
    return 0


def train(work: Work) -> dict[str, Any]:
    """Train on the step's input; returns the run's id, its best algorithm and metrics."""
    assert isinstance(work.step, AutoMLStep)
    store = Store(Path(work.home))
    dataset = _dataset(store, work, next(iter(work.inputs.values())))
    settings = work.step.train
    settings.label = settings.label or dataset.profile.label
    if settings.label is None:
        hint = "set train.label in the step"
        raise WorkFailedError("nothing says which column to predict", hint=hint)
    request = TrainRequest(
        dataset.name,
        dataset.version,
        work.experiment,
        settings,
        model_name=work.step.model_name,
        model_tags=work.step.model_tags,
    )
    run, _ = training.start(store, request)
    sys.stdout.write(f"AutoML run {run.run_id} on {dataset.name}:{dataset.version}\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, _stop)
    try:
        return _leave(store, work, _follow(store, run.run_id))
    except KeyboardInterrupt:
        training.cancel(store, run.run_id)
        raise WorkFailedError(f"the AutoML run {run.run_id} was stopped") from None


def _stop(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _dataset(store: Store, work: Work, source: Source) -> Dataset:
    """The input as a registered dataset."""
    if source.kind == "dataset":
        name, _, version = source.label.partition(":")
        return store.datasets.get(name, int(version))
    from mlops_cli.engine.data.registering import register

    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{work.pipeline}-{work.step.name}")[:100]
    assert isinstance(work.step, AutoMLStep)
    dataset, _ = register(store, table_of(Path(source.path)), name, label=work.step.train.label)
    return dataset


def table_of(path: Path) -> Path:
    """The one table of an input. Raises WorkFailedError for a folder without one or with several."""
    if path.is_file():
        return path
    tables = [file for file in sorted(path.rglob("*")) if file.suffix in TABLES]
    if len(tables) != 1:
        raise WorkFailedError(f"expects one CSV or Parquet file below {path}, found {len(tables)}")
    return tables[0]


def _follow(store: Store, run_id: str) -> Run:
    told = 0
    while True:
        run = training.observed(store, store.runs.get(run_id))
        children = store.runs.children(run_id)
        for child in children[told:]:
            sys.stdout.write(f"{child.iteration} {child.algorithm} {child.error or child.metrics}\n")
        sys.stdout.flush()
        told = len(children)
        if run.status.is_final:
            return run
        if run.status == RunStatus.NOT_RESPONDING:
            raise WorkFailedError(
                f"the AutoML run {run_id} has lost its process", hint="resume the pipeline run"
            )
        time.sleep(POLL_SECONDS)


def _leave(store: Store, work: Work, run: Run) -> dict[str, Any]:
    if run.status != RunStatus.COMPLETED:
        raise WorkFailedError(f"the AutoML run {run.run_id} is {run.status}: {run.error or 'it was stopped'}")
    best = store.runs.get(str(run.properties["best_child"]))
    facts = {
        "automl_run_id": run.run_id,
        "algorithm": best.algorithm,
        "metrics": run.metrics,
        "model": run.properties.get("model"),
    }
    shutil.copytree(best_model_folder(store.home, run), work.outputs["model"], dirs_exist_ok=True)
    metrics = msgspec.json.format(msgspec.json.encode(facts), indent=2)
    Path(work.outputs["metrics"]).write_bytes(metrics)
    return facts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

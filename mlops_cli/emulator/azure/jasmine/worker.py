"""The process that trains: `python -m mlops_cli.emulator.azure.jasmine.worker FOLDER` (see `folder.py`).

It needs nobody: it goes on when the emulator is killed, and takes up its own search when it was killed itself.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.domain.training import TrainSettings
from mlops_cli.emulator.azure.jasmine import features, guardrails, outputs, rows
from mlops_cli.emulator.azure.jasmine.folder import AutoMLFolder
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.engine.files import locked
from mlops_cli.errors import DataError, MlopsError

if TYPE_CHECKING:
    import pandas

    from mlops_cli.engine.automl.trials import Trial

LOCK_SECONDS = 3.0
log = logging.getLogger("automl")


def main(path: Path) -> None:
    logging.basicConfig(stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    folder = AutoMLFolder(path)
    deadline = time.monotonic() + LOCK_SECONDS
    while time.monotonic() < deadline:
        # Whoever looks whether a worker lives holds the lock for an instant.
        with locked(folder.lock, wait=False) as mine:
            if mine:
                return _work(folder)
        time.sleep(0.05)
    return None


def _work(folder: AutoMLFolder) -> None:
    if folder.read("result"):
        return
    try:
        result = _train(folder)
    except MlopsError as error:
        log.error("%s", error.message)
        details = [*error.details, *([error.hint] if error.hint else [])]
        result = {"status": "Failed", "error": error.message, "details": details}
    except Exception as error:
        log.exception("the run failed")
        result = {"status": "Failed", "error": f"{type(error).__name__}: {error}", "details": []}
    folder.write("result", {"ended": now(), **result})
    log.info("%s", result["status"])


def _train(folder: AutoMLFolder) -> Document:
    from mlops_cli.engine.automl.search import run_automl

    job = folder.read("job")
    assert job is not None, "the folder was made with a job"
    settings = msgspec.convert(job["settings"], TrainSettings)
    table = _table(job["table"], settings)
    validation = rows.read(job["validation"]) if "validation" in job else None
    log.info("%d rows, %d columns", *table.shape)
    folder.write("setup", {"guardrails": guardrails.faults(table, settings)})
    if job.get("featurize_only"):
        features.write(table, settings, folder.own / "outputs" / "featurization")
        return {"status": "Completed", "best": None}
    result = run_automl(
        table,
        settings,
        folder.search,
        on_trial=lambda trial: _record(folder, trial),
        should_stop=folder.wish.exists,
        run_info={"run_id": job["run_id"]},
        validation=validation,
        by_metric=True,
    )
    for note in result.notes:
        log.info("%s", note)
    if result.best is None or result.model_folder is None:
        return {"status": "Canceled", "best": None}
    best = result.best.iteration
    if result.stopped == "canceled":
        outputs.write_one(folder, result.model_folder, best)
        return {"status": "Canceled", "best": best}
    outputs.write_children(folder, table, settings, best, validation)
    outputs.add_charts(folder)
    if job.get("onnx"):
        outputs.add_onnx(folder, best)
    explained = outputs.explain(folder, job["run_id"], best) if settings.model_explainability else []
    return {"status": "Completed", "best": best, "explanations": explained}


def _table(definition: Document, settings: TrainSettings) -> pandas.DataFrame:
    table = rows.read(definition)
    if settings.label not in table:
        known = ", ".join(map(str, table.columns[:30]))
        raise DataError(f"the training data has no column '{settings.label}'; it has {known}")
    return table.dropna(subset=[settings.label]).reset_index(drop=True)


def _record(folder: AutoMLFolder, trial: Trial) -> None:
    if folder.read(f"trials/{trial.iteration}"):
        return
    log.info("%d %s %s %s", trial.iteration, trial.algorithm, trial.status, trial.error or "")
    folder.write(f"trials/{trial.iteration}", {"trial": msgspec.to_builtins(trial), "ended": now()})


if __name__ == "__main__":
    main(Path(sys.argv[1]))

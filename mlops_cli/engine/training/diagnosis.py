"""How the best model of a run does, from the out-of-fold answers that the search has kept."""

from pathlib import Path

import numpy as np

from mlops_cli.domain.diagnosis import Diagnosis
from mlops_cli.domain.runs import Run
from mlops_cli.engine.automl import curves
from mlops_cli.engine.automl.workdir import answers_of, judged_of
from mlops_cli.engine.model import folder
from mlops_cli.engine.model.explain import explain
from mlops_cli.engine.store import Store
from mlops_cli.engine.training.outcome import best_model_folder, search_dir
from mlops_cli.errors import UsageError


def diagnose(store: Store, run: Run) -> Diagnosis:
    """Raises UsageError while the run has no model. What was not kept is left out."""
    place = best_model_folder(store.home, run)
    manifest, model = folder.load_manifest(place), folder.load(place)
    found = Diagnosis(manifest.algorithm, featurization=manifest.featurization)
    try:
        found.importances = explain(model).importances
    except UsageError:
        found.importances = manifest.feature_importances
    _draw(found, search_dir(store.home, run.run_id), int(manifest.run["iteration"]), model.schema.classes)
    return found


def _draw(found: Diagnosis, search: Path, iteration: int, classes: list | None) -> None:
    judged, answers = judged_of(search), answers_of(search, iteration)
    if judged is None or answers is None or len(judged["y"]) != len(answers):
        return
    y = judged["y"]
    found.rows = len(y)
    if classes:
        found.classes = [str(c) for c in classes]
        found.confusion = curves.confusion(y, answers)
        found.roc = curves.roc(y, answers, found.classes)
        found.precision_recall = curves.precision_recall(y, answers, found.classes)
        found.calibration = curves.calibration(y, answers, found.classes)
        return
    predicted: np.ndarray = answers[:, 0]
    found.predicted, found.residuals = curves.pairs(y, predicted), curves.residuals(y, predicted)
    if "time" in judged:
        found.forecasts = curves.forecasts(judged, predicted)

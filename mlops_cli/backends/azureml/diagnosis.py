"""What Azure's AutoML logged of its best child run, as what the pictures of a report are drawn from.

The documents are those of `Run.log_confusion_matrix`, `log_accuracy_table`, `log_residuals` and `log_predictions`;
AutoML logs them under these names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml import explanations
from mlops_cli.backends.azureml.artifacts import read_json
from mlops_cli.domain.diagnosis import Curve, Diagnosis, Point

if TYPE_CHECKING:
    from azureml.core import Run as AzureRun

FEATURIZATION = "outputs/featurization_summary.json"
Counts = tuple[int, int, int, int]
"""True positives, false positives, true negatives, false negatives at one threshold."""


def diagnose(best: AzureRun, algorithm: str, columns: Collection[str]) -> Diagnosis:
    """Read what there is; `columns` are those of the data."""
    found = Diagnosis(algorithm, importances=explanations.importances(best, columns))
    there = set(best.get_file_names())
    for name, note in NOTES.items():
        if name in there:
            note(found, read_json(best, name))
    return found


def _confusion(found: Diagnosis, told: Any) -> None:
    found.classes = [str(label) for label in told["data"]["class_labels"]]
    found.confusion = [[int(count) for count in row] for row in told["data"]["matrix"]]
    found.rows = sum(map(sum, found.confusion))


def _accuracy(found: Diagnosis, told: Any) -> None:
    """Curves of each class against the others; of two classes those of the second."""
    tables = list(zip(told["data"]["class_labels"], told["data"]["probability_tables"], strict=True))
    for label, table in tables[1:] if len(tables) == 2 else tables:
        found.roc.append(Curve(str(label), _roc(table)))
        found.precision_recall.append(Curve(str(label), _precision_recall(table)))


def _roc(table: Sequence[Counts]) -> list[Point]:
    return sorted((fp / ((fp + tn) or 1), tp / ((tp + fn) or 1)) for tp, fp, tn, fn in table)


def _precision_recall(table: Sequence[Counts]) -> list[Point]:
    return sorted((tp / ((tp + fn) or 1), tp / (tp + fp)) for tp, fp, _, fn in table if tp + fp)


def _residuals(found: Diagnosis, told: Any) -> None:
    data = told["data"]
    bins = zip(pairwise(data["bin_edges"]), data["bin_counts"], strict=True)
    found.residuals = [(float(low), float(high), round(count)) for (low, high), count in bins]


def _predicted(found: Diagnosis, told: Any) -> None:
    """The mean prediction for each range of true values, at its middle."""
    data = told["data"]
    means = zip(pairwise(data["bin_edges"]), data["bin_averages"], data["bin_counts"], strict=True)
    found.predicted = [((low + high) / 2, float(mean)) for (low, high), mean, count in means if count]


def _featurization(found: Diagnosis, told: Any) -> None:
    for column in told:
        kept = str(column.get("Dropped", "No")).lower() in ("no", "false")
        entry = {"column": column["RawFeatureName"], "purpose": column["TypeDetected"] if kept else "drop"}
        count = {"features": column.get("EngineeredFeatureCount", 0)}
        found.featurization.append(entry | (count if kept else {"reason": column["TypeDetected"]}))


NOTES = {
    "confusion_matrix": _confusion,
    "accuracy_table": _accuracy,
    "residuals": _residuals,
    "predicted_true": _predicted,
    FEATURIZATION: _featurization,
}

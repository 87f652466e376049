"""What Azure's AutoML logs of a trial beside numbers: tables in the form of `Run.log_confusion_matrix` and the like.

Each is a file of the child run, and a metric whose value is the file's address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_cli.emulator.state import Document

if TYPE_CHECKING:
    import numpy as np

NAMES = ("confusion_matrix", "accuracy_table", "residuals", "predicted_true")
_THRESHOLDS, _BINS = 101, 20


def charts(y: np.ndarray, answers: np.ndarray, classes: list[Any] | None) -> dict[str, Document]:
    """From the labels that have judged a trial, and its answers."""
    if classes:
        labels = [str(label) for label in classes]
        data = {"confusion_matrix": _confusion(y, answers), "accuracy_table": _accuracy(y, answers)}
        found = {name: {"class_labels": labels, **table} for name, table in data.items()}
    else:
        found = {"residuals": _residuals(y, answers[:, 0]), "predicted_true": _predicted(y, answers[:, 0])}
    return {
        name: {"schema_type": name, "schema_version": "1.0.0", "data": data} for name, data in found.items()
    }


def _confusion(y: np.ndarray, answers: np.ndarray) -> Document:
    import numpy as np

    classes = answers.shape[1]
    cells = np.bincount(y * classes + answers.argmax(axis=1), minlength=classes * classes)
    return {"matrix": cells.reshape(classes, classes).tolist()}


def _accuracy(y: np.ndarray, answers: np.ndarray) -> Document:
    """Of each class against the others: true and false positives, true and false negatives at each threshold."""
    import numpy as np

    def table(truth: np.ndarray, scores: np.ndarray, thresholds: np.ndarray) -> list[list[int]]:
        hits, alarms = (np.sort(scores[part]) for part in (truth, ~truth))
        missed, rejected = (np.searchsorted(part, thresholds) for part in (hits, alarms))
        return np.stack([len(hits) - missed, len(alarms) - rejected, rejected, missed], axis=1).tolist()

    even = np.linspace(0, 1, _THRESHOLDS)
    each = [(y == place, answers[:, place]) for place in range(answers.shape[1])]
    return {
        "probability_tables": [table(*one, even) for one in each],
        "percentile_tables": [table(*one, np.quantile(one[1], even)) for one in each],
        "probability_thresholds": even.tolist(),
        "percentile_thresholds": even.tolist(),
    }


def _residuals(y: np.ndarray, predicted: np.ndarray) -> Document:
    import numpy as np

    errors = predicted - y
    counts, edges = np.histogram(errors, bins=_BINS)
    told = {"mean": float(errors.mean()), "stddev": float(errors.std()), "res_count": len(errors)}
    return {"bin_edges": edges.tolist(), "bin_counts": counts.tolist(), **told}


def _predicted(y: np.ndarray, predicted: np.ndarray) -> Document:
    import numpy as np

    edges = np.histogram_bin_edges(y, bins=_BINS)
    places = np.clip(np.digitize(y, edges) - 1, 0, _BINS - 1)
    parts = [predicted[places == place] for place in range(_BINS)]
    return {
        "bin_averages": [float(part.mean()) if len(part) else 0.0 for part in parts],
        "bin_errors": [float(part.std()) if len(part) else 0.0 for part in parts],
        "bin_counts": [len(part) for part in parts],
        "bin_edges": edges.tolist(),
    }

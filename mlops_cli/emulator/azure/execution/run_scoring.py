"""Stands in for azureml.automl.runtime.shared.score.scoring: AutoML's metrics of answers that notebooks have got."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from model_metrics import classification_metrics, regression_metrics


def score_regression(
    y_test: Any,
    y_pred: Any,
    metrics: Iterable[str],
    y_max: float | None = None,
    y_min: float | None = None,
    y_std: float | None = None,  # noqa: ARG001 Azure's signature
    sample_weight: Any = None,
    **_: Any,
) -> dict[str, float]:
    """Those of `metrics` that are numbers."""
    y, predicted = (np.asarray(values, dtype=float).ravel() for values in (y_test, y_pred))
    return _chosen(regression_metrics(y, predicted, y_min, y_max, sample_weight), metrics)


def score_classification(
    y_test: Any,
    y_pred: Any,
    metrics: Iterable[str],
    class_labels: Any,
    train_labels: Any,
    sample_weight: Any = None,
    **_: Any,
) -> dict[str, float]:
    """Those of `metrics` that are numbers; `y_pred` holds the probabilities of `train_labels`."""
    labels = list(train_labels)
    probabilities = np.zeros((len(y_pred), len(class_labels)))
    places = [list(class_labels).index(label) for label in labels]
    probabilities[:, places] = y_pred
    codes = np.array([list(class_labels).index(label) for label in np.asarray(y_test).ravel().tolist()])
    return _chosen(classification_metrics(codes, probabilities, sample_weight), metrics)


def _chosen(found: dict[str, float], metrics: Iterable[str]) -> dict[str, float]:
    return {name: found.get(name, float("nan")) for name in metrics}

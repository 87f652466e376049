"""Azure AutoML's metrics under its names.

Source: Microsoft's page "Evaluate automated machine learning experiment results"; each figure follows
scikit-learn's function of the like name on one-hot labels, so that two classes are treated as any number.
`weights` of the rows count in all of them but weighted_accuracy, the median errors and spearman_correlation, for
which Azure takes none.
"""

import numpy as np
from sklearn import metrics as sk

_EPSILON = 1e-15


Weights = np.ndarray | None


def classification_metrics(
    y: np.ndarray, probabilities: np.ndarray, weights: Weights = None
) -> dict[str, float]:
    """`y` holds class positions 0..k-1, `probabilities` is (n, k). A class absent from `y` has no AUC."""
    return _ranking(y, probabilities, weights) | _decisions(y, probabilities, weights)


def classification_metric(
    name: str, y: np.ndarray, probabilities: np.ndarray, weights: Weights = None
) -> float:
    """One metric alone, the usual ones as quickly as can be; NaN when it is not defined."""
    if name == "AUC_weighted":
        one_hot = np.eye(probabilities.shape[1])[y]
        labels, scores = one_hot[:, present := one_hot.any(axis=0)], probabilities[:, present]
        areas = [_ranked(*one, weights)[0] for one in zip(labels.T, scores.T, strict=True)]
        return float(np.array(areas) @ np.average(labels, axis=0, weights=weights))
    if name == "accuracy":
        return float(np.average(y == probabilities.argmax(axis=1), weights=weights))
    group = _ranking if name.startswith(("AUC", "average", "log_loss")) else _decisions
    return group(y, probabilities, weights).get(name, float("nan"))


def _ranking(y: np.ndarray, probabilities: np.ndarray, weights: Weights) -> dict[str, float]:
    one_hot = np.eye(probabilities.shape[1])[y]
    present = one_hot.any(axis=0)
    labels, scores = one_hot[:, present], probabilities[:, present]
    share = np.average(labels, axis=0, weights=weights)
    ranked = [_ranked(*one, weights) for one in zip(labels.T, scores.T, strict=True)]
    areas, precisions = np.array(ranked).T
    each = None if weights is None else np.repeat(weights, one_hot.shape[1])
    clipped = np.clip(probabilities[np.arange(len(y)), y], _EPSILON, 1)
    micro = _ranked(one_hot.ravel(), probabilities.ravel(), each)
    return {
        "AUC_weighted": float(areas @ share),
        "AUC_macro": float(areas.mean()),
        "AUC_micro": micro[0],
        "average_precision_score_weighted": float(precisions @ share),
        "average_precision_score_macro": float(precisions.mean()),
        "average_precision_score_micro": micro[1],
        "log_loss": float(np.average(-np.log(clipped), weights=weights)),
    }


def _ranked(labels: np.ndarray, scores: np.ndarray, weights: Weights) -> tuple[float, float]:
    """The area under the ROC curve, NaN where all labels are alike, and the average precision; of many classes
    scikit-learn's functions spend most of their time on other things."""
    order = np.argsort(-scores, kind="stable")
    counted = np.ones(len(labels)) if weights is None else weights[order]
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(labels) - 1)
    right = np.cumsum(labels[order] * counted)[last]
    above = np.cumsum(counted)[last]
    gained, wrong = np.diff(right, prepend=0.0), above - right
    shares = np.divide(right, above, out=np.zeros(len(last)), where=above > 0)
    precision = float(gained @ shares / right[-1]) if right[-1] > 0 else 0.0
    if labels.min() == labels.max() or not right[-1] * wrong[-1]:
        return float("nan"), precision
    return float(np.diff(wrong, prepend=0.0) @ (right - gained / 2) / (right[-1] * wrong[-1])), precision


def _decisions(y: np.ndarray, probabilities: np.ndarray, weights: Weights) -> dict[str, float]:
    predicted = probabilities.argmax(axis=1)
    found: dict[str, float] = {"accuracy": float(np.average(y == predicted, weights=weights))}
    for average in ("macro", "micro", "weighted"):
        precision, recall, f1, _ = sk.precision_recall_fscore_support(
            y, predicted, average=average, zero_division=0, sample_weight=weights
        )
        found[f"precision_score_{average}"] = float(precision)
        found[f"recall_score_{average}"] = float(recall)
        found[f"f1_score_{average}"] = float(f1)
    sizes = np.bincount(y)[y]
    balanced = float(sk.balanced_accuracy_score(y, predicted, sample_weight=weights))
    chance = 1 / len(np.unique(y))
    found["balanced_accuracy"] = balanced
    found["norm_macro_recall"] = (balanced - chance) / (1 - chance) if chance < 1 else 0.0
    found["weighted_accuracy"] = float(sizes @ (y == predicted) / sizes.sum())
    found["matthews_correlation"] = float(sk.matthews_corrcoef(y, predicted, sample_weight=weights))
    return found


def regression_metrics(
    y: np.ndarray,
    predicted: np.ndarray,
    low: float | None = None,
    high: float | None = None,
    weights: Weights = None,
) -> dict[str, float]:
    """Normalized errors are divided by the range `low` to `high` of the label (by default the range of `y`)."""
    low = float(y.min()) if low is None else low
    high = float(y.max()) if high is None else high
    span = high - low or 1.0
    found = _errors(y, predicted, weights)
    names = ("root_mean_squared_error", "mean_absolute_error", "median_absolute_error")
    found |= {f"normalized_{name}": found[name] / span for name in names}
    if low > -1:
        log_span = float(np.log1p(high) - np.log1p(low)) or 1.0
        squares = (np.log1p(y) - np.log1p(np.maximum(predicted, 0))) ** 2
        rmsle = float(np.sqrt(np.average(squares, weights=weights)))
        found["root_mean_squared_log_error"] = rmsle
        found["normalized_root_mean_squared_log_error"] = rmsle / log_span
    return found


def _errors(y: np.ndarray, predicted: np.ndarray, weights: Weights) -> dict[str, float]:
    error = np.abs(y - predicted)
    nonzero = y != 0
    varies = y.max() > y.min() and len(y) > 1
    found = {
        "root_mean_squared_error": float(np.sqrt(np.average(error**2, weights=weights))),
        "mean_absolute_error": float(np.average(error, weights=weights)),
        "median_absolute_error": float(np.median(error)),
        "r2_score": float(sk.r2_score(y, predicted, sample_weight=weights)) if varies else 0.0,
        "explained_variance": float(sk.explained_variance_score(y, predicted, sample_weight=weights))
        if varies
        else 0.0,
        "spearman_correlation": _rank_correlation(y, predicted),
    }
    if nonzero.any():
        shares, kept = error[nonzero] / np.abs(y[nonzero]), None if weights is None else weights[nonzero]
        found["mean_absolute_percentage_error"] = 100 * float(np.average(shares, weights=kept))
    return found


def _rank_correlation(y: np.ndarray, predicted: np.ndarray) -> float:
    from scipy.stats import rankdata

    if y.min() == y.max() or predicted.min() == predicted.max():
        return 0.0
    return float(np.corrcoef(rankdata(y), rankdata(predicted))[0, 1])

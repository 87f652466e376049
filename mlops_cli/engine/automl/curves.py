"""Curves from out-of-fold answers: `y` holds class positions or numbers, `answers` is (n, k)."""

from collections.abc import Callable

import numpy as np

from mlops_cli.domain.diagnosis import Curve, ForecastCurve, Point

MOST_POINTS = 150
MOST_CLASSES = 6
MOST_SERIES = 6
_BINS = 10
_BARS = 40
_SAMPLE = 800

_PointsOf = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def confusion(y: np.ndarray, answers: np.ndarray) -> list[list[int]]:
    classes = answers.shape[1]
    cells = np.bincount(y * classes + answers.argmax(axis=1), minlength=classes * classes)
    return [[int(n) for n in row] for row in cells.reshape(classes, classes)]


def roc(y: np.ndarray, answers: np.ndarray, classes: list[str]) -> list[Curve]:
    from sklearn.metrics import roc_curve

    def points(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return roc_curve(truth, scores)[:2]

    return _one_by_one(y, answers, classes, points)


def precision_recall(y: np.ndarray, answers: np.ndarray, classes: list[str]) -> list[Curve]:
    from sklearn.metrics import precision_recall_curve

    def points(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        precision, recall, _ = precision_recall_curve(truth, scores)
        return recall[::-1], precision[::-1]

    return _one_by_one(y, answers, classes, points)


def calibration(y: np.ndarray, answers: np.ndarray, classes: list[str]) -> list[Curve]:
    """Ten bins of equally many rows: the mean probability and how often it came true."""
    found = []
    for name, position in _shown(y, classes):
        truth, scores = y == position, answers[:, position]
        bins = np.array_split(np.argsort(scores, kind="stable"), min(_BINS, len(y)))
        points = [(float(scores[b].mean()), float(truth[b].mean())) for b in bins]
        found.append(Curve(name, points))
    return found


def pairs(y: np.ndarray, predicted: np.ndarray) -> list[Point]:
    chosen = np.random.default_rng(0).permutation(len(y))[:_SAMPLE]
    return [(float(a), float(b)) for a, b in zip(y[chosen], predicted[chosen], strict=True)]


def residuals(y: np.ndarray, predicted: np.ndarray) -> list[tuple[float, float, int]]:
    """A histogram of predicted minus true, without the outermost half percent on each side."""
    errors = predicted - y
    low, high = np.quantile(errors, [0.005, 0.995])
    counts, edges = np.histogram(errors, bins=_BARS, range=(low, high) if high > low else None)
    bars = zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True)
    return [(left, right, int(count)) for left, right, count in bars]


def forecasts(judged: dict[str, np.ndarray], predicted: np.ndarray) -> list[ForecastCurve]:
    found = []
    for name in list(dict.fromkeys(judged["series"].tolist()))[:MOST_SERIES]:
        rows = judged["series"] == name
        actual = _points(judged["time"][rows], judged["y"][rows])
        origins = judged["origin"][rows]
        parts = [
            _points(judged["time"][rows][origins == o], predicted[rows][origins == o])
            for o in np.unique(origins)
        ]
        found.append(ForecastCurve(name, actual, parts))
    return found


def _points(times: np.ndarray, values: np.ndarray) -> list[Point]:
    order = np.argsort(times)
    return [(float(times[i]), float(values[i])) for i in order]


def _one_by_one(y: np.ndarray, answers: np.ndarray, classes: list[str], points: _PointsOf) -> list[Curve]:
    """Each class against the others; of two classes the second alone."""
    found = []
    for name, position in _shown(y, classes):
        truth = y == position
        if truth.any() and not truth.all():
            x, values = points(truth, answers[:, position])
            found.append(Curve(name, _thinned(x, values)))
    return found


def _shown(y: np.ndarray, classes: list[str]) -> list[tuple[str, int]]:
    """The most frequent classes."""
    if len(classes) == 2:
        return [(classes[1], 1)]
    order = np.argsort(-np.bincount(y, minlength=len(classes)), kind="stable")[:MOST_CLASSES]
    return [(classes[i], int(i)) for i in sorted(order.tolist())]


def _thinned(x: np.ndarray, values: np.ndarray) -> list[Point]:
    """At most MOST_POINTS of the points, the first and the last among them."""
    chosen = np.unique(np.linspace(0, len(x) - 1, min(len(x), MOST_POINTS)).round().astype(int))
    return [(float(x[i]), float(values[i])) for i in chosen]

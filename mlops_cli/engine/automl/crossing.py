"""Which pairs of features a first model has left something to learn in."""

from itertools import combinations

import numpy as np

from mlops_cli.engine.model.crosses import Pair, bin_count, bins, edges_of

LEAST_ROWS = 2_000
MOST_PAIRS = 3
_ROWS_A_CELL, _MOST_CELLS = 4, 8_192
_MOST_WORK = 12_000_000
"""Rows times pairs that are looked at: about a second."""
_SMOOTHING = 600.0
"""Rows that the mean error of a cell is shrunk by: what is left to learn is little beside the noise."""
_SURE = 2.0
"""Standard errors that the gain must lie above nothing; one in forty pairs that say nothing is, and is judged out of
fold like all that the search tries."""


def pairs(matrix: np.ndarray, errors: np.ndarray) -> list[Pair]:
    """The pairs whose cells' mean error, of all rows but the row itself, makes `errors` (n,) less, the best first.

    `errors` are labels less the out-of-fold answers for the same rows.
    """
    if len(errors) < LEAST_ROWS:
        return []
    codes, sizes = _binned(matrix)
    alone = [_gain(codes[i], sizes[i], errors)[0] for i in range(len(sizes))]
    most = max(2, int((2 * _MOST_WORK / len(errors)) ** 0.5))
    foremost = sorted(np.argsort(alone)[::-1][:most].tolist())
    found = []
    for a, b in combinations(foremost, 2):
        cells = sizes[a] * sizes[b]
        if cells <= min(_MOST_CELLS, len(errors) // _ROWS_A_CELL):
            gain, surety = _gain(codes[a] * sizes[b] + codes[b], cells, errors)
            found += [(gain, (a, b))] if surety > _SURE else []
    return [pair for _, pair in sorted(found, reverse=True)[:MOST_PAIRS]]


def _binned(matrix: np.ndarray) -> tuple[list[np.ndarray], list[int]]:
    edges = [edges_of(column) for column in matrix.T]
    return [bins(c, e) for c, e in zip(matrix.T, edges, strict=True)], [bin_count(e) for e in edges]


def _gain(cells: np.ndarray, count: int, errors: np.ndarray) -> tuple[float, float]:
    """By how much squared errors become less on average, and in how many standard errors of that."""
    rows = np.bincount(cells, minlength=count)[cells] - 1
    others = np.bincount(cells, weights=errors, minlength=count)[cells] - errors
    means = others / (rows + _SMOOTHING)
    gains = means * (2 * errors - means)
    spread = float(gains.std()) / len(gains) ** 0.5
    return float(gains.mean()), float(gains.mean()) / spread if spread > 0 else 0.0

"""Categories of many values as the mean label of their training rows, shrunk to the overall mean."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from msgspec import Struct

SMOOTHING = 20.0
LEAST_CATEGORIES = 10


class TargetMeans(Struct):
    """`tables[i]` holds (categories + 1, k) means for the feature at `positions[i]`; the last row is unseen."""

    positions: list[int]
    tables: list[np.ndarray]

    def extend(self, matrix: np.ndarray) -> np.ndarray:
        if not self.positions:
            return matrix
        means = [t[_codes(matrix[:, p], t)] for p, t in zip(self.positions, self.tables, strict=True)]
        return np.hstack([matrix, *means])


def fit_target_means(matrix: np.ndarray, targets: np.ndarray, categories: dict[int, int]) -> TargetMeans:
    """`targets` is (n, k): a 0/1 column per class (one for two classes) or the label of a regression."""
    positions = _positions(targets, categories)
    tables = [_table(matrix[:, p], targets, categories[p]) for p in positions]
    return TargetMeans(positions, tables)


def cross_fitted(
    matrix: np.ndarray, targets: np.ndarray, categories: dict[int, int], seed: int
) -> np.ndarray:
    """`matrix` with means that no row's own label went into, so that a learner cannot overrate them."""
    if not _positions(targets, categories):
        return matrix
    return apart(matrix, lambda rest: fit_target_means(matrix[rest], targets[rest], categories), seed)


class Means(Protocol):
    """What adds columns to a matrix, as TargetMeans does."""

    def extend(self, matrix: np.ndarray) -> np.ndarray: ...


def apart(matrix: np.ndarray, fit: Callable[[np.ndarray], Means], seed: int, folds: int = 5) -> np.ndarray:
    """`matrix`, each part of its rows extended by what `fit` learns of the others, whose mask it is given."""
    parts = np.random.default_rng(seed).permutation(len(matrix)) % folds
    blocks = [fit(parts != part).extend(matrix[parts == part]) for part in range(folds)]
    extended = np.empty((len(matrix), blocks[0].shape[1]), dtype=np.float32)
    for part, block in enumerate(blocks):
        extended[parts == part] = block
    return extended


def _positions(targets: np.ndarray, categories: dict[int, int]) -> list[int]:
    """The features that get means; none where there are no targets."""
    return [p for p, count in categories.items() if count >= LEAST_CATEGORIES] if targets.shape[1] else []


def _codes(column: np.ndarray, table: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(column), len(table) - 1, column).astype(np.intp)


def _table(column: np.ndarray, targets: np.ndarray, count: int) -> np.ndarray:
    overall = targets.mean(axis=0)
    known = ~np.isnan(column)
    codes = column[known].astype(np.intp)
    rows = np.bincount(codes, minlength=count)[:, None]
    sums = np.stack([np.bincount(codes, weights=t, minlength=count) for t in targets[known].T], axis=1)
    means = (sums + SMOOTHING * overall) / (rows + SMOOTHING)
    return np.vstack([means, overall]).astype(np.float32)

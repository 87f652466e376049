"""Categories of many values as the mean label of their training rows, shrunk to the overall mean."""

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
    wanted = categories if targets.shape[1] else {}
    positions = [p for p, count in wanted.items() if count >= LEAST_CATEGORIES]
    tables = [_table(matrix[:, p], targets, categories[p]) for p in positions]
    return TargetMeans(positions, tables)


def cross_fitted(
    matrix: np.ndarray, targets: np.ndarray, categories: dict[int, int], seed: int, folds: int = 5
) -> np.ndarray:
    """`matrix` with means that no row's own label went into, so that a learner cannot overrate them."""
    parts = np.random.default_rng(seed).permutation(len(matrix)) % folds
    blocks: list[np.ndarray | None] = [None] * folds
    for part in range(folds):
        means = fit_target_means(matrix[parts != part], targets[parts != part], categories)
        if not means.positions:
            return matrix
        blocks[part] = means.extend(matrix[parts == part])
    width = next(b.shape[1] for b in blocks if b is not None)
    extended = np.empty((len(matrix), width), dtype=np.float32)
    for part, block in enumerate(blocks):
        extended[parts == part] = block
    return extended


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

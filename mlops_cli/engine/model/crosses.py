"""What two features say together: the mean label of the training rows where both lie alike.

A number is cut into bins, at every value of few and at quantiles of many; a category is its own bin, and so is what
is missing. The tables are those of target means (`target_means`), with a cell for every two bins.
"""

import numpy as np
from msgspec import Struct

from mlops_cli.engine.model.members import Member, cut
from mlops_cli.engine.model.target_means import SMOOTHING, apart

MOST_BINS = 256
Pair = tuple[int, int]


class Crosses(Struct):
    """`edges` of a feature part its bins: one at least as large as the value is its bin's upper edge.

    `tables[i]` has a row per bin of the first feature of `pairs[i]` and a column per bin of the second, of each the
    missing last.
    """

    pairs: list[Pair]
    edges: dict[int, np.ndarray]
    tables: list[np.ndarray]

    def extend(self, matrix: np.ndarray) -> np.ndarray:
        """`matrix` with a column per pair at its end."""
        codes = {p: bins(matrix[:, p], edges) for p, edges in self.edges.items()}
        means = [t[codes[a], codes[b]] for (a, b), t in zip(self.pairs, self.tables, strict=True)]
        return np.column_stack([matrix, *means])


class Crossed:
    """A member that has learnt from what pairs of features say, too."""

    def __init__(self, member: Member, crosses: Crosses) -> None:
        self.member = member
        self.crosses = crosses

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        return self.member.predict(self.crosses.extend(matrix))

    def first(self, rounds: int) -> "Crossed":
        """What boosting had learnt after `rounds` rounds."""
        return Crossed(cut(self.member, rounds), self.crosses)

    def importances(self) -> np.ndarray | None:
        """What a pair is worth goes to its two features, half each."""
        shares = self.member.importances()
        if shares is None:
            return None
        own = shares[: -len(self.crosses.pairs)].copy()
        for pair, share in zip(self.crosses.pairs, shares[len(own) :], strict=True):
            own[list(pair)] += share / 2
        return own


def fit_crosses(matrix: np.ndarray, y: np.ndarray, pairs: list[Pair]) -> Crosses:
    """`y` holds positions of two classes, or the labels of a regression."""
    edges = {p: edges_of(matrix[:, p]) for p in sorted({p for pair in pairs for p in pair})}
    codes = {p: bins(matrix[:, p], found) for p, found in edges.items()}
    tables = [_table(codes[a], codes[b], edges[a], edges[b], y) for a, b in pairs]
    return Crosses(pairs, edges, tables)


def cross_fitted(matrix: np.ndarray, y: np.ndarray, pairs: list[Pair], seed: int) -> np.ndarray:
    """`matrix` with means that no row's own label went into, so that a learner cannot overrate them."""
    return apart(matrix, lambda rest: fit_crosses(matrix[rest], y[rest], pairs), seed)


def edges_of(column: np.ndarray) -> np.ndarray:
    """Half way between the values of a column that has few, else where quantiles are."""
    known = column[~np.isnan(column)].astype(np.float64)
    values = np.unique(known)
    if len(values) > MOST_BINS:
        shares = np.arange(1, MOST_BINS) / MOST_BINS
        return np.unique(np.quantile(known, shares).astype(np.float32))
    return np.unique(((values[1:] + values[:-1]) / 2).astype(np.float32))


def bins(column: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """(n,) the bin of every value."""
    return np.where(np.isnan(column), len(edges) + 1, np.searchsorted(edges, column, side="left"))


def bin_count(edges: np.ndarray) -> int:
    return len(edges) + 2


def _table(
    a: np.ndarray, b: np.ndarray, edges_a: np.ndarray, edges_b: np.ndarray, y: np.ndarray
) -> np.ndarray:
    shape = bin_count(edges_a), bin_count(edges_b)
    cells = a * shape[1] + b
    rows = np.bincount(cells, minlength=shape[0] * shape[1])
    sums = np.bincount(cells, weights=y, minlength=len(rows))
    means = (sums + SMOOTHING * y.mean()) / (rows + SMOOTHING)
    return means.reshape(shape).astype(np.float32)

"""How well each column alone predicts the label: a column that does it too well may have come after it."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlops_cli.engine.data import dates

FOLDS = 3
BINS = 64
MAX_CLASSES = 10
MAX_CELLS = 10_000_000
MAX_ROWS = 20_000
MIN_ROWS = 50
PRIOR_ROWS = 5


def skills(table: pa.Table, label: str, *, classes: bool) -> dict[str, float]:
    """What each column alone says about the label, between 0 (nothing) and 1 (everything).

    The column is cut into at most 64 bins (texts: their values) and the label predicted by its mean in the
    same bin of the other folds. Classes: Gini, 2 AUC - 1, weighted over one class against the rest;
    a quantity: R2. Empty when there are fewer than 50 rows or the label is constant.
    """
    rows = sample(table, label)
    targets = _targets(rows.column(label), classes)
    if rows.num_rows < MIN_ROWS or not targets:
        return {}
    folds = np.random.default_rng(0).integers(0, FOLDS, rows.num_rows)
    return {
        name: _skill(_codes(rows.column(name)), targets, folds, classes)
        for name in rows.column_names
        if name != label
    }


def sample(table: pa.Table, label: str) -> pa.Table:
    """At most 20,000 of the rows that have a label, fewer when there are many columns."""
    known = table.filter(pc.is_valid(table.column(label)))
    limit = max(1000, min(MAX_ROWS, MAX_CELLS // max(1, table.num_columns)))
    if known.num_rows <= limit:
        return known
    return known.take(np.sort(np.random.default_rng(0).choice(known.num_rows, limit, replace=False)))


def _targets(label: pa.ChunkedArray, classes: bool) -> list[np.ndarray]:
    """One 0/1 vector for each class (one is enough for two), or the quantity itself."""
    if not classes:
        values = floats(label)
        return [values] if len(values) and np.ptp(values) > 0 else []
    codes = _ids(label)
    sizes = np.bincount(codes) if len(codes) else np.zeros(0)
    if len(sizes) < 2:
        return []
    largest = np.argsort(-sizes)[: 1 if len(sizes) == 2 else MAX_CLASSES]
    return [(codes == code).astype(float) for code in largest]


def _skill(codes: np.ndarray, targets: list[np.ndarray], folds: np.ndarray, classes: bool) -> float:
    if not classes:
        return max(0.0, r2(_out_of_fold(codes, targets[0], folds), targets[0]))
    ginis = [2 * _auc(_out_of_fold(codes, target, folds), target) - 1 for target in targets]
    return max(0.0, float(np.average(ginis, weights=[target.sum() for target in targets])))


def _out_of_fold(codes: np.ndarray, target: np.ndarray, folds: np.ndarray) -> np.ndarray:
    cells = codes * FOLDS + folds
    shape = (int(codes.max()) + 1, FOLDS)
    counts = np.bincount(cells, minlength=shape[0] * FOLDS).reshape(shape)
    sums = np.bincount(cells, weights=target, minlength=shape[0] * FOLDS).reshape(shape)
    others = counts.sum(axis=1, keepdims=True) - counts
    total = sums.sum(axis=1, keepdims=True) - sums
    means: np.ndarray = (total + PRIOR_ROWS * target.mean()) / (others + PRIOR_ROWS)
    return means[codes, folds]


def _codes(column: pa.ChunkedArray) -> np.ndarray:
    """A bin number for each row; a missing value has a bin of its own."""
    if pa.types.is_string(column.type):
        column = _dated(column)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if not is_number(column):
        return _ids(column)
    values = floats(column)
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values), dtype=np.int64)
    edges = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values))


def _dated(column: pa.ChunkedArray) -> pa.ChunkedArray:
    stamps = dates.parse(column)
    return column if stamps is None else stamps


def _ids(column: pa.ChunkedArray) -> np.ndarray:
    encoded = pc.dictionary_encode(column, null_encoding="encode").combine_chunks()
    encoded = encoded if isinstance(encoded, pa.DictionaryArray) else encoded.chunk(0)
    ids: np.ndarray = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return ids


def _auc(score: np.ndarray, target: np.ndarray) -> float:
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    positives = target.sum()
    negatives = len(target) - positives
    return float((ranks[target == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def r2(prediction: np.ndarray, target: np.ndarray) -> float:
    return float(1 - ((target - prediction) ** 2).sum() / ((target - target.mean()) ** 2).sum())


def is_number(column: pa.ChunkedArray) -> bool:
    return pa.types.is_integer(column.type) or pa.types.is_floating(column.type)


def floats(column: pa.ChunkedArray) -> np.ndarray:
    values: np.ndarray = column.cast(pa.float64(), safe=False).to_numpy()
    return values

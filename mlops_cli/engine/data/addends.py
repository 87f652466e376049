"""Numeric columns that add up to the label: together they are the label, so a model learns only a sum."""

import numpy as np
import pyarrow as pa

from mlops_cli.engine.data.leakage import MIN_ROWS, floats, is_number, r2, sample

CANDIDATES = 50
MAX_ADDENDS = 5
EXACT_R2 = 0.9999


def addends(table: pa.Table, label: str) -> list[str]:
    """The fewest columns whose weighted sum is the label, found by leaving out what is not needed.

    At most five of the fifty most correlated columns; empty when there is no such sum.
    """
    rows = sample(table, label)
    if rows.num_rows < MIN_ROWS:
        return []
    target = _standard(floats(rows.column(label)))
    columns = {
        name: _standard(floats(rows.column(name)))
        for name in rows.column_names
        if name != label and is_number(rows.column(name))
    }
    names = sorted(columns, key=lambda name: -abs(float(columns[name] @ target)))[:CANDIDATES]
    if 3 * len(names) > rows.num_rows or _fit(columns, names, target) < EXACT_R2:
        return []
    for name in reversed(names.copy()):
        rest = [other for other in names if other != name]
        if _fit(columns, rest, target) >= EXACT_R2:
            names = rest
    return names if len(names) <= MAX_ADDENDS else []


def _standard(values: np.ndarray) -> np.ndarray:
    known = values[~np.isnan(values)]
    if not len(known) or np.ptp(known) == 0:
        return np.zeros(len(values))
    return np.nan_to_num((values - known.mean()) / known.std())


def _fit(columns: dict[str, np.ndarray], names: list[str], target: np.ndarray) -> float:
    if not names or not target.any():
        return 0.0
    design = np.column_stack([columns[name] for name in names])
    return r2(design @ np.linalg.lstsq(design, target, rcond=None)[0], target)

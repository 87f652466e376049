"""Whether the last rows of a table are like those before: folds are drawn at random and would not show it."""

import numpy as np

from mlops_cli.engine.model.features import Encoder

LEAST_ROWS = 500
_LAST = 0.2
_SAMPLE = 2000
_MOST_FEATURES = 500
_DIFFERENT = 0.35
_NAMED = 3


def drift_note(matrix: np.ndarray, encoder: Encoder) -> str:
    """Names the columns whose Kolmogorov-Smirnov distance is above 0.35; empty when there are none.

    Numbers, dates and categories alike, as the encoder gives them; a missing value is the smallest.
    """
    if len(matrix) < LEAST_ROWS:
        return ""
    cut = round(len(matrix) * (1 - _LAST))
    before, after = (_sample(part) for part in (matrix[:cut], matrix[cut:]))
    found: dict[str, float] = {}
    for position in range(min(matrix.shape[1], _MOST_FEATURES)):
        name = encoder.columns[encoder.sources[position]].name
        found[name] = max(found.get(name, 0.0), _distance(before[:, position], after[:, position]))
    drifted = sorted((n for n, d in found.items() if d > _DIFFERENT), key=lambda n: -found[n])
    if not drifted:
        return ""
    more = f" and {len(drifted) - _NAMED} more" if len(drifted) > _NAMED else ""
    names = ", ".join(f"'{name}'" for name in drifted[:_NAMED])
    return (
        f"the last fifth of the rows differs from those before in {names}{more}: if rows are in the order of time, "
        "new data may differ too, and scores of random folds are too good"
    )


def _sample(rows: np.ndarray) -> np.ndarray:
    return rows[np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype(int)]


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    one, other = (np.sort(np.where(np.isnan(part), -np.inf, part)) for part in (one, other))
    values = np.concatenate([one, other])
    shares = (np.searchsorted(part, values, side="right") / len(part) for part in (one, other))
    first, second = shares
    return float(np.abs(first - second).max())

"""Which rows judge a trial. Out-of-fold: every row is predicted by a model that has not seen it."""

from typing import TYPE_CHECKING

import numpy as np

from mlops_cli.domain.training import TrainSettings
from mlops_cli.errors import DataError

if TYPE_CHECKING:
    import pandas

Fold = tuple[np.ndarray, np.ndarray]
_CELLS_A_SECOND = 20_000
"""Of budget: what can be fitted some ten times over, each time in every fold."""
_FEW_FOLDS = 3
_LEAST_HOLDOUT = 2_000


def split(y: np.ndarray, columns: int, stratified: bool, settings: TrainSettings) -> list[Fold]:
    """Pairs of training and validation rows: as the settings say, else by what the budget allows."""
    if settings.validation_size is not None:
        return [_holdout(y, stratified, settings.validation_size, settings.seed)]
    if settings.n_cross_validations is not None:
        return _cross(y, stratified, settings.n_cross_validations, settings.seed)
    if settings.engine != "mlops":
        return [_holdout(y, stratified, 0.2, settings.seed)]
    classes = int(y.max()) + 1 if stratified else 1
    share = _share(len(y) * columns * max(1, classes / 2), settings)
    if share < 1 / _FEW_FOLDS and len(y) > _LEAST_HOLDOUT:
        return [_holdout(y, stratified, 0.2 if len(y) < 50_000 else 0.1, settings.seed)]
    count = _count(len(y), columns) if share >= 1 else _FEW_FOLDS
    return _cross(y, stratified, count, settings.seed)


def marked(rows: "pandas.DataFrame", columns: list[str]) -> list[Fold]:
    """A fold for each of `columns`, which hold 1 for a row to train on and 0 for one that judges."""
    for name in columns:
        if name not in rows.columns:
            raise DataError(f"there is no column '{name}' of train.cv_split_columns")
        if set(rows[name].unique().tolist()) != {0, 1}:
            raise DataError(f"the column '{name}' splits the rows: it has to hold 0 and 1, and both of them")
    return [(np.flatnonzero(rows[name] == 1), np.flatnonzero(rows[name] == 0)) for name in columns]


def _share(work: float, settings: TrainSettings) -> float:
    """How much of the usual cross-validation there is time for. Boosting grows a tree for every class."""
    return settings.experiment_timeout_minutes * 60 * _CELLS_A_SECOND / work


def _count(rows: int, columns: int) -> int:
    """Few rows need many folds; 4 fill the usual 2 or 4 cores evenly."""
    if rows < 500 and columns <= 100:
        return 10
    return 5 if rows < 5000 else 4


def _cross(y: np.ndarray, stratified: bool, count: int, seed: int) -> list[Fold]:
    from sklearn.model_selection import KFold, StratifiedKFold

    count = min(count, len(y) // 2)
    largest = int(np.bincount(y).max()) if stratified else len(y)
    folds = StratifiedKFold if stratified and largest >= count else KFold
    return list(folds(count, shuffle=True, random_state=seed).split(np.zeros(len(y)), y))


def _holdout(y: np.ndarray, stratified: bool, share: float, seed: int) -> Fold:
    from sklearn.model_selection import train_test_split

    rows = np.arange(len(y))
    counts = np.bincount(y) if stratified else np.array([2])
    enough = counts[counts > 0].min() >= 2 and len(y) * min(share, 1 - share) >= len(counts)
    train, valid = train_test_split(
        rows, test_size=share, random_state=seed, stratify=y if stratified and enough else None
    )
    return train, valid

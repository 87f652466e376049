"""From a table and settings to what learners work on; everything wrong with the data is said here."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from mlops_cli.domain.data import Scalar
from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.folds import Fold, marked
from mlops_cli.engine.automl.labels import classes, varied
from mlops_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas

LEAST_ROWS = 10
_MOST_TARGETS, _MIXTURES = 20, 16


@dataclass(slots=True)
class Rows:
    """`y` holds class positions (classification) or floats, `weights` what each row counts, 1 on average."""

    features: "pandas.DataFrame"
    y: np.ndarray
    weights: np.ndarray | None


@dataclass(slots=True)
class Problem(Rows):
    """What is trained on; `classes` are the labels in their original type.

    `judging` are rows of a table of their own that judge all trials, `folds` the splits that columns of the
    table ask for; without both the search makes its own folds.
    """

    label: str
    classes: list[Scalar] | None
    notes: list[str] = field(default_factory=list)
    judging: Rows | None = None
    folds: list[Fold] = field(default_factory=list)

    @property
    def outputs(self) -> int:
        return len(self.classes) if self.classes else 1

    @property
    def skewness(self) -> float:
        """Of a label that is never below 0; of any other 0."""
        if self.classes is not None or self.y.min() < 0:
            return 0.0
        away = self.y - self.y.mean()
        return float((away**3).mean() / (away**2).mean() ** 1.5)

    @property
    def targets(self) -> np.ndarray:
        """(n, k) numbers whose means describe a category. Many classes are thrown together into `_MIXTURES` sums
        of them, weighted at random: they keep apart what classes keep apart, and cost less."""
        if self.classes is None:
            return self.y[:, None]
        if self.outputs <= _MOST_TARGETS:
            return np.eye(self.outputs)[self.y][:, 1:]
        mixtures = np.random.default_rng(0).normal(size=(self.outputs, _MIXTURES))
        return np.linalg.qr(mixtures)[0][self.y]


def read_problem(data: "pandas.DataFrame", settings: TrainSettings) -> Problem:
    """Raises DataError or UsageError when `data` cannot be trained on as the settings say."""
    label = _label(data, settings)
    rows = labelled(data, label)
    notes = []
    if len(rows) < len(data):
        notes.append(f"{len(data) - len(rows)} rows without a value of '{label}' were left out")
    _check_rows(rows, label)
    known, y = classes(rows[label]) if settings.task == "classification" else (None, varied(rows[label]))
    _check_featurization(rows, settings)
    folds = marked(rows, settings.cv_split_columns)
    weights = row_weights(rows, settings.weight_column)
    unused = {label, *_dropped(rows, settings), *settings.cv_split_columns, settings.weight_column}
    features = rows.drop(columns=[name for name in unused if name])
    features.columns = [str(name) for name in features.columns]
    if features.shape[1] == 0:
        raise DataError(f"there is no column besides the label '{label}'")
    return Problem(features, y, weights, label, known, notes, folds=folds)


def labelled(data: "pandas.DataFrame", label: str) -> "pandas.DataFrame":
    """The rows with a value of the label."""
    known = data[label].notna()
    if data[label].dtype.kind == "f":
        known &= ~np.isinf(data[label])
    return data[known].reset_index(drop=True)


def _label(data: "pandas.DataFrame", settings: TrainSettings) -> str:
    repeated = data.columns[data.columns.duplicated()].tolist()
    if repeated:
        raise DataError(f"the column name '{repeated[0]}' stands twice in the header")
    label = settings.label
    if label is None:
        raise UsageError("no label column given", hint="name it with --label or data.label in the profile")
    if label not in data.columns:
        raise DataError(f"there is no column '{label}'", hint=_nearest(label, data.columns))
    return label


def _nearest(name: str, columns: "pandas.Index") -> str:
    near = get_close_matches(name, [str(c) for c in columns], n=1, cutoff=0.5)
    shown = ", ".join(str(c) for c in columns[:10]) + (", ..." if len(columns) > 10 else "")
    return f"did you mean '{near[0]}'?" if near else f"columns: {shown}"


def row_weights(rows: "pandas.DataFrame", column: str | None) -> np.ndarray | None:
    """Raises DataError for a column that holds no weights."""
    import pandas as pd

    if column is None:
        return None
    if column not in rows.columns:
        raise DataError(f"there is no column of weights '{column}'", hint=_nearest(column, rows.columns))
    found = pd.to_numeric(rows[column].astype(object), errors="coerce").fillna(-1).to_numpy(np.float64)
    if (found < 0).any() or not 0 < found.sum() < np.inf:
        raise DataError(f"the column '{column}' holds no weights: numbers from 0, above 0 in all")
    return found / found.mean()


def _check_rows(rows: "pandas.DataFrame", label: str) -> None:
    if rows.empty:
        raise DataError(f"the label '{label}' has no value in any row")
    if len(rows) < LEAST_ROWS:
        raise DataError(
            f"{len(rows)} rows with a label are too few to train on; at least {LEAST_ROWS} needed"
        )


def _check_featurization(rows: "pandas.DataFrame", settings: TrainSettings) -> None:
    named = settings.featurization if isinstance(settings.featurization, dict) else {}
    known = [str(name) for name in rows.columns]
    for name in named:
        if name not in known:
            raise DataError(
                f"featurization names '{name}': no such column", hint=_nearest(name, rows.columns)
            )


def _dropped(rows: "pandas.DataFrame", settings: TrainSettings) -> list[str]:
    unknown = [name for name in settings.drop_columns if name not in rows.columns]
    if unknown:
        raise DataError(
            f"cannot drop '{unknown[0]}': no such column", hint=_nearest(unknown[0], rows.columns)
        )
    return settings.drop_columns

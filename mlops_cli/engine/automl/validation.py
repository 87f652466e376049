"""Rows of a table of their own that judge all trials, in the terms of the table that is trained on."""

from typing import TYPE_CHECKING

import numpy as np

from mlops_cli.engine.automl.labels import class_labels, numbers, plain
from mlops_cli.engine.automl.problem import Problem, Rows, labelled, row_weights
from mlops_cli.errors import DataError

if TYPE_CHECKING:
    import pandas


def judging_rows(table: "pandas.DataFrame", problem: Problem, weight_column: str | None) -> Rows:
    """Raises DataError for a table that lacks a column, and for classes that nothing is learnt of."""
    named = table.rename(columns=str)
    wanted = (problem.label, *problem.features, *([weight_column] if weight_column else []))
    missing = [name for name in wanted if name not in named.columns]
    if missing:
        raise DataError(f"the validation data has no column '{missing[0]}'")
    rows = labelled(named, problem.label)
    if rows.empty:
        raise DataError(f"no row of the validation data has a value of the label '{problem.label}'")
    y = numbers(rows[problem.label]) if problem.classes is None else _positions(rows[problem.label], problem)
    return Rows(rows[list(problem.features)], y, row_weights(rows, weight_column))


def _positions(labels: "pandas.Series", problem: Problem) -> np.ndarray:
    known = {label: position for position, label in enumerate(problem.classes or [])}
    values = [plain(value) for value in class_labels(labels)]
    if unknown := [value for value in values if value not in known]:
        raise DataError(
            f"the validation data has a class of '{problem.label}' that the training data has not: {unknown[0]!r}"
        )
    return np.array([known[value] for value in values], dtype=np.int64)

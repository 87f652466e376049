"""The column to predict, as classes or as numbers."""

from typing import TYPE_CHECKING

import numpy as np

from mlops_cli.domain.data import Scalar
from mlops_cli.engine.model.values import has_decimal_comma, written_number
from mlops_cli.errors import DataError

if TYPE_CHECKING:
    import pandas

MOST_CLASSES = 1000


def classes(labels: "pandas.Series") -> tuple[list[Scalar], np.ndarray]:
    """The classes in order, and of each row the place of its class. Raises DataError when there are none to learn."""
    name = labels.name
    codes, distinct = class_labels(labels).factorize()
    values = distinct.tolist()
    if len(values) < 2:
        raise DataError(f"the label '{name}' has one value only ({values[0]!r}); two classes are needed")
    if len(values) > MOST_CLASSES or (len(values) > 20 and len(values) > len(labels) / 2):
        hint = "for a number to predict: --set train.task=regression"
        raise DataError(f"the label '{name}' has {len(values)} different values, too many classes", hint=hint)
    order = sorted(range(len(values)), key=lambda i: _sort_key(values[i]))
    position = np.empty(len(values), dtype=np.int64)
    position[order] = np.arange(len(values))
    return [plain(values[i]) for i in order], position[codes]


def class_labels(labels: "pandas.Series") -> "pandas.Series":
    """Each as an object; floats without fractions are whole numbers."""
    return (_whole_numbers(labels) if labels.dtype.kind == "f" else labels).astype(object)


def _whole_numbers(labels: "pandas.Series") -> "pandas.Series":
    if (labels % 1 == 0).all():
        return labels.astype("int64")
    if labels.nunique() > 20:
        hint = "to predict a number: --set train.task=regression"
        raise DataError(
            f"the label '{labels.name}' holds {labels.nunique()} fractions, not classes", hint=hint
        )
    return labels


def _sort_key(value: object) -> tuple[bool, float, str]:
    number = isinstance(value, int | float)
    return (not number, float(value) if isinstance(value, int | float) else 0.0, str(value))


def plain(value: object) -> Scalar:
    """A label as JSON has it."""
    return value if isinstance(value, str | int | float | bool) else str(value)


def varied(labels: "pandas.Series") -> np.ndarray:
    """The numbers of a column. Raises DataError when they are all the same, or no numbers."""
    values = numbers(labels)
    if values.min() == values.max():
        raise DataError(f"the label '{labels.name}' has one value only ({values[0]:g})")
    return values


def _written_numbers(labels: "pandas.Series") -> "pandas.Series":
    """As `numbers` of features are read: with groups of digits, a decimal comma, a currency."""
    texts = labels.astype(str)
    comma = has_decimal_comma(texts.unique().tolist())
    return texts.map({text: written_number(text, comma) for text in texts.unique().tolist()})


def numbers(labels: "pandas.Series") -> np.ndarray:
    """Raises DataError for a column that is no number."""
    import pandas as pd

    if labels.dtype.kind in "Mm":
        raise DataError(f"the label '{labels.name}' is a date, not a number")
    found = pd.to_numeric(labels.astype(object), errors="coerce")
    if found.isna().any():
        found = _written_numbers(labels)
    if found.isna().any():
        example = labels[found.isna()].iloc[0]
        hint = "to predict a text: --set train.task=classification"
        raise DataError(f"the label '{labels.name}' holds text ({example!r}), not numbers", hint=hint)
    return found.to_numpy(dtype=np.float64)

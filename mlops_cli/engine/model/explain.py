"""Which columns a model's answers rest on: over all, and for single rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlops_cli.domain.explanation import Explanation, RowExplanation
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.model.forecast import ForecastModel
from mlops_cli.engine.model.shapley import shapley
from mlops_cli.errors import DataError, UsageError

if TYPE_CHECKING:
    import pandas

    Rows = Sequence[dict[str, Any]] | pandas.DataFrame

MOST_ROWS = 200
OTHERS = "(other columns)"
_MOST_COLUMNS = 40
_MOST_CELLS = 4_000_000
_PAIRS, _PAIRS_A_ROW = 6, 16
_SECONDS = 15.0


def explain(model: "FittedModel | ForecastModel", rows: "Rows" = ()) -> Explanation:
    """Importances of the raw columns, and the contributions to the answers for `rows`.

    Raises UsageError for a model without its background rows, or for more than MOST_ROWS rows.
    """
    if len(rows) > MOST_ROWS:
        raise UsageError(
            f"{len(rows):,} rows are too many to explain one by one", hint=f"give at most {MOST_ROWS}"
        )
    if isinstance(model, ForecastModel):
        from mlops_cli.engine.model.explain_forecast import explain_forecast

        return explain_forecast(model, rows)
    if not isinstance(model, FittedModel):
        raise DataError("this model is not one of AutoML's: nothing is known of its inside")
    return _explain_table(model, rows)


class Contributions(NamedTuple):
    """What each of `names` adds to the answers for some rows, (n, names, k), over `base`, the mean answer (k,)."""

    names: list[str]
    values: np.ndarray
    base: np.ndarray


def contributions(
    model: "FittedModel | ForecastModel", *, engineered: bool = False, seconds: float = _SECONDS
) -> Contributions:
    """Of the raw columns, or of each engineered feature, for the model's background rows.

    A forecast has the same groups for both. Raises UsageError for a model without its background rows.
    """
    if isinstance(model, ForecastModel):
        from mlops_cli.engine.model.explain_forecast import past_contributions

        return past_contributions(model, seconds)
    background = _background(model)
    names, groups = (
        (list(model.encoder.features), [np.array([i]) for i in range(background.shape[1])])
        if engineered
        else _groups(model)
    )
    rows = background[: max(1, _MOST_CELLS // ((len(groups) + 1) * background.shape[1]))]
    values = shapley(model.scores, rows, background, groups, _PAIRS, seconds)
    return Contributions(names, values, model.scores(background).mean(axis=0))


def _background(model: FittedModel) -> np.ndarray:
    background: np.ndarray | None = getattr(model, "background", None)
    if background is None:
        raise UsageError(
            "the model was trained without explanations", hint="train with train.model_explainability: true"
        )
    return background


def _explain_table(model: FittedModel, rows: "Rows") -> Explanation:
    background = _background(model)
    names, groups = _groups(model)
    over_all = shapley(model.scores, background, background, groups, _PAIRS, _SECONDS)
    found = Explanation(shares(names, over_all))
    if len(rows):
        matrix = model.encoder.matrix(rows)
        each = shapley(model.scores, matrix, background, groups, _PAIRS_A_ROW, _SECONDS)
        found.rows = _rows(model, names, each, model.scores(matrix))
    return found


def _rows(
    model: FittedModel, names: list[str], each: np.ndarray, answers: np.ndarray
) -> list[RowExplanation]:
    """Of two classes the second is explained, of more the predicted one."""
    classes = model.schema.classes
    found = []
    for parts, answer in zip(each, answers, strict=True):
        best = int(answer.argmax())
        which = 1 if classes and len(classes) == 2 else best
        prediction = classes[best] if classes else float(answer[0])
        output = f"probability of {classes[which]}" if classes else model.schema.label
        found.append(one_row(prediction, output, float(answer[which]), names, parts[:, which]))
    return found


def one_row(
    prediction: Any, output: str, value: float, names: list[str], parts: np.ndarray
) -> RowExplanation:
    order = np.argsort(-np.abs(parts), kind="stable")
    contributions = {names[i]: float(parts[i]) for i in order}
    return RowExplanation(prediction, output, value, value - float(parts.sum()), contributions)


def shares(names: list[str], contributions: np.ndarray) -> dict[str, float]:
    """Mean absolute contributions, over rows and outputs, as shares of their sum."""
    means = np.abs(contributions).mean(axis=(0, 2))
    whole = float(means.sum()) or 1.0
    order = np.argsort(-means, kind="stable")
    return {names[i]: float(means[i]) / whole for i in order}


def _groups(model: FittedModel) -> tuple[list[str], list[np.ndarray]]:
    """The raw columns with their places in the matrix; of a wide table the foremost, the others as one."""
    names = [column.name for column in model.encoder.columns]
    sources = np.array(model.encoder.sources)
    if len(names) <= _MOST_COLUMNS:
        return names, [np.flatnonzero(sources == i) for i in range(len(names))]
    foremost = list(model.importances())[:_MOST_COLUMNS]
    kept = [names.index(name) for name in foremost]
    rest = np.flatnonzero(~np.isin(sources, kept))
    return [*foremost, OTHERS], [*(np.flatnonzero(sources == i) for i in kept), rest]

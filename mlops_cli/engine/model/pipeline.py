"""A trained model with the face that Azure AutoML's fitted models show: arrays out, named steps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas

    Rows = Sequence[dict[str, Any]] | pandas.DataFrame

FORECAST_COLUMN = "_automl_target_col"


class Featurizer:
    """The first step: how the raw columns become the numbers that the algorithm reads."""

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder

    def transform(self, X: "Rows") -> np.ndarray:
        """(n, features); missing values are NaN."""
        return np.asarray(self.encoder.matrix(X))

    def get_engineered_feature_names(self) -> list[str]:
        return list(self.encoder.features)

    def get_featurization_summary(self) -> list[dict[str, Any]]:
        """One entry per raw column, with Azure's names of the fields."""
        used = [(c.name, c.purpose, "No", len(c.outputs), [c.purpose]) for c in self.encoder.columns]
        dropped: list[tuple[Any, ...]] = [(d.name, d.reason, "Yes", 0, []) for d in self.encoder.dropped]
        keys = ("RawFeatureName", "TypeDetected", "Dropped", "EngineeredFeatureCount", "Transformations")
        return [dict(zip(keys, values, strict=True)) for values in used + dropped]


class FittedPipeline:
    """What `AutoMLRun.get_output()` returns beside the run, and what a child run's `model.pkl` holds.

    `steps` and `named_steps` are those of scikit-learn's Pipeline: the featurizer, then the algorithm.
    """

    def __init__(self, model: Any, algorithm: str) -> None:
        self.model = model
        self.algorithm = algorithm
        self.schema = model.schema

    @property
    def steps(self) -> list[tuple[str, Any]]:
        return [("datatransformer", Featurizer(self.model.encoder)), (self.algorithm, self.model)]

    @property
    def named_steps(self) -> dict[str, Any]:
        return dict(self.steps)

    @property
    def classes_(self) -> np.ndarray:
        return np.array(self.schema.classes)

    def predict(self, X: "Rows") -> np.ndarray:
        """A label or a number per row."""
        return np.array(self.model.predict(X))

    def predict_proba(self, X: "Rows") -> np.ndarray:
        """(n, k) probabilities in the order of `classes_`."""
        return np.asarray(self.model.predict_proba(X))

    def forecast(
        self,
        X_pred: "pandas.DataFrame",
        y_pred: Any = None,  # noqa: ARG002 Azure's signature
        forecast_destination: Any = None,  # noqa: ARG002
        ignore_data_errors: bool = False,  # noqa: ARG002
    ) -> tuple[np.ndarray, "pandas.DataFrame"]:
        """The forecasts, and the rows with them as a column more; nothing but the rows is used."""
        values = self.predict(X_pred)
        return values, X_pred.assign(**{FORECAST_COLUMN: values})

    def answer(self, rows: "Rows") -> dict[str, Any]:
        """What the scoring service sends, before it is JSON."""
        answer: dict[str, Any] = self.model.answer(rows)
        return answer

    def __repr__(self) -> str:
        return f"FittedPipeline(steps={[name for name, _ in self.steps]})"

"""A trained model with the face that Azure AutoML's fitted models show: arrays out, named steps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas

    Rows = Sequence[dict[str, Any]] | pandas.DataFrame


_DETECTED = {"number": "Numeric", "category": "Categorical", "date": "DateTime", "text": "Text"}
"""Azure's names of the purposes."""


class Featurizer:
    """The first step: how the raw columns become the numbers that the algorithm reads."""

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder

    def transform(self, X: "Rows") -> np.ndarray:
        """(n, features); missing values are NaN."""
        return np.asarray(self.encoder.matrix(X))

    def get_engineered_feature_names(self) -> list[str]:
        return list(self.encoder.features)

    def get_featurization_summary(self, is_user_friendly: bool = True) -> list[dict[str, Any]]:  # noqa: ARG002
        """One entry per raw column, with Azure's names of the fields."""
        used = [entry(c.name, c.purpose, len(c.outputs)) for c in self.encoder.columns]
        dropped = [entry(d.name, d.reason, 0) for d in self.encoder.dropped]
        return used + dropped


def entry(name: str, purpose: str, count: int) -> dict[str, Any]:
    """What a featurization summary says of one raw column."""
    return {
        "RawFeatureName": name,
        "TypeDetected": _DETECTED.get(purpose, purpose),
        "Dropped": "No" if count else "Yes",
        "EngineeredFeatureCount": count,
        "Transformations": [purpose] if count else [],
    }


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
        return [self._first_step(), (self.algorithm, self.model)]

    def _first_step(self) -> tuple[str, Featurizer]:
        return "datatransformer", Featurizer(self.model.encoder)

    @property
    def named_steps(self) -> dict[str, Any]:
        return dict(self.steps)

    @property
    def classes_(self) -> np.ndarray:
        return np.array(self.schema.classes)

    def predict(self, X: "Rows | np.ndarray") -> np.ndarray:
        """A label or a number per row."""
        return np.array(self.model.predict(self._named(X)))

    def predict_proba(self, X: "Rows | np.ndarray") -> np.ndarray:
        """(n, k) probabilities in the order of `classes_`."""
        return np.asarray(self.model.predict_proba(self._named(X)))

    def _named(self, X: "Rows | np.ndarray") -> "Rows":
        """Arrays, which are what some models are trained on, are given the names of the columns."""
        if not isinstance(X, np.ndarray):
            return X
        import pandas as pd

        return pd.DataFrame(X, columns=[field.name for field in self.schema.inputs])

    def answer(self, rows: "Rows", quantiles: Sequence[float] = ()) -> dict[str, Any]:  # noqa: ARG002
        """What the scoring service sends, before it is JSON. Only forecasts have quantiles."""
        answer: dict[str, Any] = self.model.answer(rows)
        return answer

    def __repr__(self) -> str:
        return f"{type(self).__name__}(steps={[name for name, _ in self.steps]})"

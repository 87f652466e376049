"""What turns a table into numbers, without a model behind it: features and labels apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlops_cli.engine.model.pipeline import Featurizer


class LabelTransformer:
    """Labels to their positions among the classes, and back."""

    def __init__(self, classes: Sequence[Any]) -> None:
        self.classes_ = np.array(classes)
        self._position = {label: position for position, label in enumerate(classes)}

    def transform(self, y: Any) -> np.ndarray:
        """Raises KeyError for a label that was not trained on."""
        return np.array([self._position[label] for label in np.asarray(y).tolist()])

    def inverse_transform(self, positions: Any) -> np.ndarray:
        return np.asarray(self.classes_[np.asarray(positions)])


class Transformers:
    """What an AutoML run leaves that was to featurize only."""

    def __init__(self, encoder: Any, classes: Sequence[Any] | None) -> None:
        self.encoder = encoder
        self.classes = classes

    def get_transformers(self) -> dict[str, Any]:
        """`y_transformer` is None where labels are numbers."""
        labels = LabelTransformer(self.classes) if self.classes is not None else None
        return {"datatransformer": Featurizer(self.encoder), "y_transformer": labels}

    def transform(self, X: Any) -> np.ndarray:
        return Featurizer(self.encoder).transform(X)

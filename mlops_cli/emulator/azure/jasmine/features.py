"""The files of a run that was to featurize only (`iterations=0`): the table as numbers, and what made them."""

from __future__ import annotations

import pickle
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.problem import read_problem
from mlops_cli.engine.model.features import Encoder
from mlops_cli.engine.model.transformers import Transformers
from mlops_cli.errors import DataError

if TYPE_CHECKING:
    import pandas

LABEL, WEIGHT = "automl_y", "automl_weights"


def write(table: pandas.DataFrame, settings: TrainSettings, place: Path) -> None:
    """Write data and transformers below `place`. Raises DataError for what cannot be trained on."""
    import pandas as pd

    if settings.task == "forecasting":
        raise DataError(
            "only tables of classifications and regressions are featurized without being trained on"
        )
    problem = read_problem(table, settings)
    encoder = Encoder.fit(problem.features, settings.featurization)
    numbers = pd.DataFrame(encoder.matrix(problem.features), columns=encoder.features)
    weights = np.ones(len(numbers)) if problem.weights is None else problem.weights
    (place / "data").mkdir(parents=True, exist_ok=True)
    whole = numbers.assign(**{LABEL: problem.y, WEIGHT: weights})
    whole.to_parquet(place / "data" / "full_training_dataset.df.parquet", index=False)
    _pipeline(Transformers(encoder, problem.classes), place / "pipeline")


def _pipeline(transformers: Transformers, place: Path) -> None:
    """A folder as MLflow's scikit-learn flavor reads it."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "model.pkl").write_bytes(pickle.dumps(transformers, protocol=4))
    flavor = {"pickled_model": "model.pkl", "serialization_format": "pickle",
              "sklearn_version": metadata.version("scikit-learn")}  # fmt: skip
    (place / "MLmodel").write_text(yaml.safe_dump({"flavors": {"sklearn": flavor}}))

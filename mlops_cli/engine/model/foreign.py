"""Members that other projects' packages have made, behind optional extras: CatBoost, FLAML, AutoGluon."""

import io
import pickle
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from mlops_cli.engine.model.members import shaped


class CatBoostMember:
    """`raw` is CatBoost's own format (cbm)."""

    def __init__(self, raw: bytes, classes: int) -> None:
        self.raw = raw
        self.classes = classes
        self._model: Any = None

    def model(self) -> Any:
        if self._model is None:
            from catboost import CatBoost

            self._model = CatBoost()
            self._model.load_model(blob=self.raw)
        return self._model

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        kind = "RawFormulaVal" if self.classes == 1 else "Probability"
        found = np.asarray(self.model().predict(matrix, prediction_type=kind, thread_count=1))
        return found.reshape(len(matrix), self.classes)

    def importances(self) -> np.ndarray | None:
        shares = np.asarray(self.model().get_feature_importance())
        return shares / (shares.sum() or 1.0)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}


class FlamlMember:
    """`raw` is the pickled AutoML object; `found` the learner and the settings that its search ended with."""

    def __init__(self, raw: bytes, classes: int, found: dict[str, Any]) -> None:
        self.raw = raw
        self.classes = classes
        self.found = found
        self._model: Any = None

    def model(self) -> Any:
        if self._model is None:
            self._model = pickle.loads(self.raw)  # noqa: S301 (a model folder is code, as any score.py is)
        return self._model

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        model, rows = self.model(), as_frame(matrix)
        if self.classes == 1:
            return shaped(model.predict(rows), 1)
        return spread(model.predict_proba(rows), model.classes_, self.classes)

    def importances(self) -> np.ndarray | None:
        return None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None}


class AutoGluonMember:
    """`archive` is the predictor's folder as a tar file; it is unpacked where temporary files are."""

    def __init__(self, archive: bytes, classes: int) -> None:
        self.archive = archive
        self.classes = classes
        self._model: Any = None
        self._folder: TemporaryDirectory[str] | None = None

    def model(self) -> Any:
        if self._model is None:
            from autogluon.tabular import TabularPredictor

            self._folder = TemporaryDirectory(prefix="autogluon-")
            with tarfile.open(fileobj=io.BytesIO(self.archive)) as archive:
                archive.extractall(self._folder.name, filter="data")
            self._model = TabularPredictor.load(self._folder.name, verbosity=0)
        return self._model

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        model, rows = self.model(), as_frame(matrix)
        if self.classes == 1:
            return shaped(model.predict(rows, as_pandas=False), 1)
        return spread(
            model.predict_proba(rows, as_pandas=False, as_multiclass=True), model.class_labels, self.classes
        )

    def importances(self) -> np.ndarray | None:
        return None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_model": None, "_folder": None}


def as_frame(matrix: np.ndarray) -> Any:
    import pandas as pd

    return pd.DataFrame(matrix, columns=[f"f{i}" for i in range(matrix.shape[1])])


def spread(found: Any, known: Any, classes: int) -> np.ndarray:
    """Probabilities of the classes that the model has seen, in their places among all."""
    probabilities = np.zeros((len(found), classes))
    probabilities[:, np.asarray(known, dtype=int)] = np.asarray(found)
    return probabilities


def packed(folder: Path) -> bytes:
    """The folder as a tar file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path, path.relative_to(folder), recursive=False)
    return buffer.getvalue()

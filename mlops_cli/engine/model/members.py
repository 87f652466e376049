"""The fitted models that an ensemble is made of. Each takes the matrix and answers (n, k) floats.

k is the number of classes (probabilities), or 1 for a regression. What is pickled is each library's own stable
format, so a model outlives the version of the library that wrote it.
"""

from typing import Any, Protocol

import numpy as np

from mlops_cli.engine.model.dense import Dense

_FEW_ROWS = 20_000


class Member(Protocol):
    def predict(self, matrix: np.ndarray) -> np.ndarray: ...

    def importances(self) -> np.ndarray | None:
        """A weight per feature of the matrix, adding up to 1; None when the model has no idea of it."""
        ...


def two_columns(positive: np.ndarray) -> np.ndarray:
    return np.stack([1 - positive, positive], axis=1)


class LightGBMMember:
    def __init__(self, text: str, classes: int) -> None:
        self.text = text
        self.classes = classes
        self._booster: Any = None

    def booster(self) -> Any:
        if self._booster is None:
            import lightgbm

            self._booster = lightgbm.Booster(model_str=self.text)
        return self._booster

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        threads = 1 if len(matrix) < _FEW_ROWS else 0
        raw = self.booster().predict(matrix, num_threads=threads)
        return shaped(raw, self.classes)

    def first(self, rounds: int) -> "LightGBMMember":
        """What boosting had learnt after `rounds` rounds."""
        if rounds >= self.booster().current_iteration():
            return self
        return LightGBMMember(self.booster().model_to_string(num_iteration=rounds), self.classes)

    def importances(self) -> np.ndarray | None:
        return _shares(self.booster().feature_importance("gain"))

    def __getstate__(self) -> dict[str, Any]:
        return {"text": self.text, "classes": self.classes, "_booster": None}


class XGBoostMember:
    def __init__(self, raw: bytes, classes: int, features: int) -> None:
        self.raw = raw
        self.classes = classes
        self.features = features
        self._booster: Any = None

    def booster(self) -> Any:
        if self._booster is None:
            import xgboost

            self._booster = xgboost.Booster()
            self._booster.load_model(bytearray(self.raw))
        return self._booster

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        booster = self.booster()
        booster.set_param({"nthread": 1 if len(matrix) < _FEW_ROWS else 0})
        return shaped(booster.inplace_predict(matrix), self.classes)

    def first(self, rounds: int) -> "XGBoostMember":
        """What boosting had learnt after `rounds` rounds."""
        if rounds >= self.booster().num_boosted_rounds():
            return self
        return XGBoostMember(bytes(self.booster()[:rounds].save_raw("ubj")), self.classes, self.features)

    def importances(self) -> np.ndarray | None:
        gains = np.zeros(self.features)
        for name, gain in self.booster().get_score(importance_type="total_gain").items():
            gains[int(name[1:])] = gain
        return _shares(gains)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_booster": None}


class SklearnMember:
    """A scikit-learn model; `columns` maps its own classes to positions among all classes (None: regression).

    For a regression the model was fitted to (label - shift) / scale.
    """

    def __init__(
        self, model: Any, dense: Dense | None, classes: int, shift: float = 0.0, scale: float = 1.0
    ) -> None:
        self.model = model
        self.dense = dense
        self.classes = classes
        self.shift = shift
        self.scale = scale

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        values = self.dense.transform(matrix) if self.dense else matrix
        if self.classes == 1:
            return np.asarray(self.model.predict(values)).reshape(-1, 1) * self.scale + self.shift
        probabilities = np.zeros((len(matrix), self.classes))
        probabilities[:, np.asarray(self.model.classes_, dtype=int)] = self.model.predict_proba(values)
        return probabilities

    def importances(self) -> np.ndarray | None:
        if hasattr(self.model, "feature_importances_"):
            return _shares(self.model.feature_importances_)
        if self.dense is None or not hasattr(self.model, "coef_"):
            return None
        weights = np.abs(np.atleast_2d(self.model.coef_)).sum(axis=0)
        sources = self.dense.sources()
        return _shares(np.bincount(sources, weights=weights, minlength=max(sources) + 1))


class Narrow:
    """A member that looks at the first `width` features only."""

    def __init__(self, member: Member, width: int) -> None:
        self.member = member
        self.width = width

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        return self.member.predict(matrix[:, : self.width])

    def first(self, rounds: int) -> "Narrow":
        return Narrow(cut(self.member, rounds), self.width)

    def importances(self) -> np.ndarray | None:
        return self.member.importances()


class Logged:
    """A member that learnt log(label + lift) of a label never below 0; its answers stay within what it was shown.

    `factor` makes up for the mean of logs being short of the log of the mean (Duan, "Smearing Estimate", 1983).
    """

    def __init__(self, member: Member, lift: float, low: float, high: float, factor: float = 1.0) -> None:
        self.member = member
        self.lift = lift
        self.low = low
        self.high = high
        self.factor = factor

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        logs = np.clip(self.member.predict(matrix), self.low, self.high)
        return np.exp(logs) * self.factor - self.lift

    def first(self, rounds: int) -> "Logged":
        return Logged(cut(self.member, rounds), self.lift, self.low, self.high, self.factor)

    def importances(self) -> np.ndarray | None:
        return self.member.importances()


class Rescaled:
    """A member that learnt (label - shift) / scale."""

    def __init__(self, member: Member, shift: float, scale: float) -> None:
        self.member = member
        self.shift = shift
        self.scale = scale

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        return self.member.predict(matrix) * self.scale + self.shift

    def first(self, rounds: int) -> "Rescaled":
        return Rescaled(cut(self.member, rounds), self.shift, self.scale)

    def importances(self) -> np.ndarray | None:
        return self.member.importances()


class Bag:
    """The mean of models that learnt from different rows of the same table: each fold's, instead of one of all."""

    def __init__(self, members: list[Member]) -> None:
        self.members = members

    def predict(self, matrix: np.ndarray) -> np.ndarray:
        return np.mean([member.predict(matrix) for member in self.members], axis=0)

    def importances(self) -> np.ndarray | None:
        known = [shares for member in self.members if (shares := member.importances()) is not None]
        return np.mean(known, axis=0) if known else None


def cut(member: Member, rounds: int) -> Member:
    """A boosted member after its first `rounds` rounds; any other as it is."""
    return member.first(rounds) if hasattr(member, "first") else member


def shaped(raw: np.ndarray, classes: int) -> np.ndarray:
    """What a booster answers, as (n, k)."""
    raw = np.asarray(raw, dtype=np.float64)
    if classes == 2:
        return two_columns(raw)
    return raw.reshape(len(raw), classes)


def _shares(weights: np.ndarray) -> np.ndarray:
    weights = np.asarray(weights, dtype=np.float64)
    total = weights.sum()
    return weights / total if 0 < total < np.inf else np.zeros(len(weights))

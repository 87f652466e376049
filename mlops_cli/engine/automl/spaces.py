"""Where each algorithm's parameters may lie: drawn at random, or a step away from what did well."""

from typing import Any, NamedTuple

import numpy as np

from mlops_cli.engine.automl.fitdata import Parameters

_STEP = 0.2
"""Of the range, in logarithms where it is one of scale: the usual distance of a neighbour."""
_TURN = 0.15


class Range(NamedTuple):
    """From `low` to `high`; `usual` where a candidate does not say. `log`: factors count, not differences."""

    low: float
    high: float
    usual: float
    log: bool = True


_LIGHTGBM: dict[str, Range | float] = {
    "learning_rate": Range(0.02, 0.1, 0.1),
    "num_leaves": Range(5, 90, 31),
    "min_data_in_leaf": Range(5, 60, 20),
    "feature_fraction": Range(0.4, 1.0, 1.0, False),
    "bagging_fraction": Range(0.7, 1.0, 1.0, False),
    "lambda_l2": Range(0.01, 10, 0.01),
    "path_smooth": Range(0.1, 50, 0.1),
    "extra_trees": 0.2,
    "native_categories": 0.4,
    "target_means": 0.5,
    "crosses": 0.5,
}
_XGBOOST: dict[str, Range | float] = {
    "eta": Range(0.02, 0.1, 0.1),
    "max_depth": Range(3, 9, 6),
    "min_child_weight": Range(0.3, 10, 1),
    "subsample": Range(0.7, 1.0, 1.0, False),
    "colsample_bytree": Range(0.4, 1.0, 1.0, False),
    "lambda": Range(0.1, 10, 1),
    "target_means": 0.5,
    "crosses": 0.5,
}
_FOREST: dict[str, Range | float] = {
    "min_samples_leaf": Range(1, 20, 1),
    "max_features": Range(0.1, 1.0, 0.5, False),
}
SPACES: dict[str, dict[str, Range | float]] = {
    "LightGBM": _LIGHTGBM,
    "XGBoost": _XGBOOST,
    "RandomForest": _FOREST,
    "ExtremeRandomTrees": _FOREST,
    "LogisticRegression": {"C": Range(1e-3, 100, 0.3)},
    "ElasticNet": {"alpha": Range(1e-4, 1, 0.01), "l1_ratio": Range(0.05, 0.95, 0.5, False)},
    "MLP": {"alpha": Range(1e-4, 1, 0.01), "learning_rate_init": Range(5e-4, 1e-2, 2e-3)},
}
"""A plain number is the probability that a switch is on."""
_WHOLE = ("num_leaves", "min_data_in_leaf", "max_depth", "min_samples_leaf")


def space_of(name: str) -> dict[str, Range | float]:
    """Empty for an algorithm that has none."""
    return SPACES.get("XGBoost" if name.startswith("XGBoost") else name, {})


def anywhere(name: str, random: np.random.Generator) -> Parameters:
    return {key: _drawn(key, where, random) for key, where in space_of(name).items()}


def near(name: str, base: Parameters, random: np.random.Generator) -> Parameters:
    """`base` with every parameter of the space moved a little; what is not in the space stays."""
    space = space_of(name)
    return base | {key: _moved(key, where, base, random) for key, where in space.items()}


def _drawn(key: str, where: Range | float, random: np.random.Generator) -> Any:
    if not isinstance(where, Range):
        return bool(random.random() < where)
    low, high = _ends(where)
    return _back(key, where, random.uniform(low, high))


def _moved(key: str, where: Range | float, base: Parameters, random: np.random.Generator) -> Any:
    if not isinstance(where, Range):
        on = bool(base.get(key, key == "target_means"))
        return on != bool(random.random() < _TURN)
    low, high = _ends(where)
    before = float(base.get(key, where.usual))
    start = np.log(before) if where.log else before
    return _back(key, where, float(np.clip(start + random.normal(0, _STEP) * (high - low), low, high)))


def _ends(where: Range) -> tuple[float, float]:
    return (float(np.log(where.low)), float(np.log(where.high))) if where.log else (where.low, where.high)


def _back(key: str, where: Range, value: float) -> float | int:
    found = float(f"{np.exp(value) if where.log else value:.3g}")
    return round(found) if key in _WHOLE else found

"""The order in which the search tries things: proven settings first, then random ones near them.

Trial i is a function of the seed and i alone, so a resumed or a parallel search tries the very same things.
"""

from typing import Any

import numpy as np

from mlops_cli.engine.automl.fitdata import Parameters

Candidate = tuple[str, Parameters]

_SAMPLED = {"bagging_fraction": 0.8, "bagging_freq": 1}
_PLAIN = {"target_means": False}
_FOREST = {"n_estimators": 100, "min_samples_leaf": 4, "max_leaf_nodes": 1500}
_FIRST: list[Candidate] = [
    ("LightGBM", {"learning_rate": 0.1, "num_leaves": 31}),
    ("XGBoost", {"eta": 0.05, "max_depth": 5, "subsample": 0.8, "colsample_bytree": 0.8}),
    ("LightGBM", {"learning_rate": 0.03, "num_leaves": 15, "feature_fraction": 0.9, **_SAMPLED, **_PLAIN}),
    ("LogisticRegression", {"C": 0.3}),
    ("ElasticNet", {"alpha": 0.003, "l1_ratio": 0.5}),
    ("LightGBM", {"learning_rate": 0.03, "num_leaves": 15, "feature_fraction": 0.8, **_SAMPLED,
                  "native_categories": True, "cat_smooth": 50, "cat_l2": 30, "max_cat_to_onehot": 8}),
    ("LightGBM", {"learning_rate": 0.03, "num_leaves": 31, "feature_fraction": 0.8, **_SAMPLED,
                  "native_categories": True}),
    ("XGBoost", {"eta": 0.05, "max_depth": 0, "grow_policy": "lossguide", "max_leaves": 31, "min_child_weight": 5,
                 "subsample": 0.8, "colsample_bytree": 0.6, **_PLAIN}),
    ("ExtremeRandomTrees", {**_FOREST, "max_features": 0.6}),
    ("MLP", {"hidden_layer_sizes": [96, 48], "alpha": 1e-3, "learning_rate_init": 2e-3, "batch_size": 256}),
    ("RandomForest", {**_FOREST, "max_features": 0.4}),
]  # fmt: skip
_WHEN_ASKED: list[Candidate] = [
    ("GradientBoosting", {"learning_rate": 0.06, "max_leaf_nodes": 31, "max_iter": 150}),
    ("DecisionTree", {"min_samples_leaf": 20}),
    ("KNN", {"n_neighbors": 15, "weights": "distance"}),
    ("CatBoost", {"learning_rate": 0.08, "depth": 6}),
]


def portfolio(names: list[str], asked: bool) -> list[Candidate]:
    """Proven settings, quick and strong ones first; `asked` says that the user listed the models."""
    everything = _FIRST + (_WHEN_ASKED if asked else [])
    return [(full, dict(p)) for short, p in everything if (full := _full_name(short, names))]


def _full_name(short: str, names: list[str]) -> str:
    """XGBoost is XGBoostClassifier or XGBoostRegressor."""
    fitting = (short, f"{short}Classifier", f"{short}Regressor")
    return next((name for name in names if name in fitting), "")


def candidate(index: int, seed: int, names: list[str], asked: bool) -> Candidate:
    """What trial `index` tries."""
    first = portfolio(names, asked)
    if index < len(first):
        return first[index]
    random = np.random.default_rng([seed, index])
    boosters = [n for n in names if n == "LightGBM" or n.startswith("XGBoost")]
    name = str(random.choice(boosters or names))
    return name, _random(name, random)


def _random(name: str, random: np.random.Generator) -> Parameters:
    if name == "LightGBM":
        return _random_lightgbm(random)
    if name.startswith("XGBoost"):
        return _random_xgboost(random)
    first = dict(_FIRST + _WHEN_ASKED)
    return _varied(first[name], random)


def _random_lightgbm(random: np.random.Generator) -> Parameters:
    return {
        "learning_rate": _log_uniform(random, 0.02, 0.1),
        "num_leaves": int(_log_uniform(random, 5, 90)),
        "min_data_in_leaf": int(_log_uniform(random, 5, 60)),
        "feature_fraction": round(random.uniform(0.4, 1.0), 2),
        "bagging_fraction": round(random.uniform(0.7, 1.0), 2),
        "bagging_freq": 1,
        "lambda_l2": _log_uniform(random, 1e-2, 10),
        "extra_trees": bool(random.random() < 0.2),
        "native_categories": bool(random.random() < 0.4),
        "target_means": bool(random.random() < 0.5),
    }


def _random_xgboost(random: np.random.Generator) -> Parameters:
    return {
        "eta": _log_uniform(random, 0.02, 0.1),
        "max_depth": int(random.integers(3, 9)),
        "min_child_weight": _log_uniform(random, 0.3, 10),
        "subsample": round(random.uniform(0.7, 1.0), 2),
        "colsample_bytree": round(random.uniform(0.4, 1.0), 2),
        "lambda": _log_uniform(random, 0.1, 10),
        "target_means": bool(random.random() < 0.5),
    }


def _varied(parameters: Parameters, random: np.random.Generator) -> Parameters:
    """Each number times a factor between 1/3 and 3; a share stays below 1, a count stays whole."""
    return {name: _vary(value, random) for name, value in parameters.items()}


def _vary(value: Any, random: np.random.Generator) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    changed = value * _log_uniform(random, 1 / 3, 3)
    return max(1, round(changed)) if isinstance(value, int) else min(changed, 0.99)


def _log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    return float(f"{np.exp(random.uniform(np.log(low), np.log(high))):.3g}")

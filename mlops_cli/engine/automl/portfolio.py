"""Proven settings, in the order in which a table of some shape is begun with."""

from dataclasses import dataclass

import numpy as np

from mlops_cli.engine.automl.fitdata import Parameters

Candidate = tuple[str, Parameters]
_FEW_ROWS = 5_000
_SOME_CLASSES, _MANY_CLASSES = 3, 10
_LEAF_SHARES, _MOST_LEAVES = 60_000, 5_000
_RATHER, _VERY = 1.0, 2.0
"""Skewed."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a table decides where to begin. `outputs` is the number of classes, or 1; `skewness` that of a
    label which is never below 0; `big`: there is time for few fits only; `levels`: of the largest category."""

    rows: int
    outputs: int
    skewness: float = 0.0
    big: bool = False
    levels: int = 0


_SAMPLED = {"bagging_fraction": 0.8, "bagging_freq": 1}
_PLAIN = {"target_means": False}
_MANY_LEVELS = 100
"""Codes of so many categories tell a tree little."""
_BOOSTED: list[Candidate] = [
    ("LightGBM", {"learning_rate": 0.1, "num_leaves": 31}),
    ("LightGBM", {"learning_rate": 0.03, "num_leaves": 31, "feature_fraction": 0.8, "bagging_fraction": 0.7,
                  "bagging_freq": 1, "path_smooth": 10, **_PLAIN}),
    ("XGBoost", {"eta": 0.05, "max_depth": 5, "subsample": 0.8, "colsample_bytree": 0.8}),
    ("LightGBM", {"learning_rate": 0.03, "num_leaves": 15, "feature_fraction": 0.9, **_SAMPLED, **_PLAIN}),
]  # fmt: skip
_BOOSTED_FAST: list[Candidate] = [
    ("LightGBM", {"learning_rate": 0.2, "num_leaves": 63}),
    ("XGBoost", {"eta": 0.2, "max_depth": 8, "subsample": 0.9, "colsample_bytree": 0.8}),
]
_LINEAR: list[Candidate] = [
    ("LogisticRegression", {"C": 0.3}),
    ("ElasticNet", {"alpha": 0.003, "l1_ratio": 0.5}),
]
_BENT: list[Candidate] = [
    ("LogisticRegression", {"C": 0.2, "bent": True}),
    ("ElasticNet", {"alpha": 0.01, "l1_ratio": 0.1, "bent": True}),
]
_MORE: list[Candidate] = [
    ("LightGBM", {"learning_rate": 0.03, "num_leaves": 31, "feature_fraction": 0.5, "min_data_in_leaf": 40,
                  **_SAMPLED, **_PLAIN, "crosses": True}),
    ("LightGBM", {"learning_rate": 0.03, "num_leaves": 15, "feature_fraction": 0.8, **_SAMPLED,
                  "native_categories": True, "cat_smooth": 50, "cat_l2": 30, "max_cat_to_onehot": 8}),
    ("XGBoost", {"eta": 0.05, "max_depth": 0, "grow_policy": "lossguide", "max_leaves": 31, "min_child_weight": 5,
                 "subsample": 0.8, "colsample_bytree": 0.6, **_PLAIN, "crosses": True}),
]  # fmt: skip
_SKEWED: list[Candidate] = [
    ("LightGBM", {"learning_rate": 0.05, "num_leaves": 15, **_SAMPLED, "objective": "tweedie"}),
    ("XGBoost", {"eta": 0.05, "max_depth": 4, "subsample": 0.8, "colsample_bytree": 0.8,
                 "objective": "reg:tweedie"}),
]  # fmt: skip
_LOGGED: list[Candidate] = [
    ("ElasticNet", {"alpha": 0.003, "l1_ratio": 0.5, "log": True}),
    ("ElasticNet", {"alpha": 0.01, "l1_ratio": 0.1, "bent": True, "log": True}),
    ("LightGBM", {"learning_rate": 0.05, "num_leaves": 15, "feature_fraction": 0.8, **_SAMPLED, "log": True}),
]
"""Of what factors work on, prices for example, these learn the sum of the factors' logarithms."""
_REGULAR: list[Candidate] = [
    ("LogisticRegression", {"C": 0.01}),
    ("ElasticNet", {"alpha": 0.05, "l1_ratio": 0.5}),
]
_STEADY_TREES: Candidate = (
    "ExtremeRandomTrees", {"n_estimators": 200, "min_samples_leaf": 5, "max_features": 0.6},
)  # fmt: skip
"""Leaves of some rows: trees that grow until every leaf is pure are too sure where the label is noisy."""
_WHEN_ASKED: list[Candidate] = [
    ("GradientBoosting", {"learning_rate": 0.06, "max_leaf_nodes": 31, "max_iter": 150}),
    ("DecisionTree", {"min_samples_leaf": 20}),
    ("KNN", {"n_neighbors": 15, "weights": "distance"}),
    ("CatBoost", {"learning_rate": 0.08, "depth": 6}),
]


def portfolio(names: list[str], asked: bool, shape: Shape) -> list[Candidate]:
    """Proven settings, quick and strong ones first; `asked` says that the user listed the models."""
    everything = _ordered(shape) + (_WHEN_ASKED if asked else [])
    left_out = _PLAIN if shape.levels > _MANY_LEVELS else {}
    return [
        (full, {key: value for key, value in parameters.items() if key not in left_out})
        for short, parameters in everything
        if (full := _full_name(short, names))
    ]


def _ordered(shape: Shape) -> list[Candidate]:
    """Boosting grows a tree per class and round, and few rows are soon learnt: then what is quick comes early."""
    skewed = (_LOGGED if shape.skewness > _RATHER else []) + (_SKEWED if shape.skewness > _VERY else [])
    extra, mlp, forest = _extra_trees(shape), _mlp(shape), _random_forest(shape)
    if shape.outputs > _MANY_CLASSES:
        return [*_LINEAR, extra, mlp, *reversed(_BOOSTED), forest, *_MORE]
    if shape.big:
        place = 1 if shape.outputs >= _SOME_CLASSES else 2
        return [
            *_BOOSTED_FAST[:place],
            extra,
            *_BOOSTED_FAST[place:],
            *skewed,
            mlp,
            *_BOOSTED,
            *_LINEAR,
            *_MORE,
            forest,
        ]
    if shape.rows < _FEW_ROWS or shape.outputs > _SOME_CLASSES:
        steady = [_STEADY_TREES] if shape.rows < _FEW_ROWS else []
        first = [_BOOSTED[0], *_LINEAR, *_BENT, *steady, mlp, *_BOOSTED[1:], *skewed]
        return [*first, *_REGULAR, extra, *_MORE, forest]
    return [*_BOOSTED, *skewed, *_LINEAR, *_MORE, extra, mlp, *_BENT, forest]


def _grown(shape: Shape) -> Parameters:
    """A leaf holds a share of every class: of many classes a forest must not grow large."""
    if shape.outputs > _MANY_CLASSES:
        leaves = max(50, _LEAF_SHARES // shape.outputs)
        return {"n_estimators": 200, "min_samples_leaf": 3, "max_leaf_nodes": leaves}
    if shape.rows < _FEW_ROWS:
        return {"n_estimators": 100}
    if shape.outputs >= _SOME_CLASSES:
        leaves = min(_MOST_LEAVES, _LEAF_SHARES // shape.outputs)
        return {"n_estimators": 100, "min_samples_leaf": 3, "max_leaf_nodes": leaves}
    return {"n_estimators": 100, "min_samples_leaf": 4, "max_leaf_nodes": 1500}


def _extra_trees(shape: Shape) -> Candidate:
    some_classes = 1 < shape.outputs <= _MANY_CLASSES
    share = 0.3 if some_classes and shape.rows < _FEW_ROWS else 0.6
    return "ExtremeRandomTrees", {**_grown(shape), "max_features": share}


def _random_forest(shape: Shape) -> Candidate:
    return "RandomForest", {**_grown(shape), "max_features": 0.4}


def _mlp(shape: Shape) -> Candidate:
    batch = int(np.clip(shape.rows // 32, 16, 256))
    layers = {"hidden_layer_sizes": [96, 48], "batch_size": batch}
    return "MLP", {**layers, "alpha": 0.1 if shape.rows < _FEW_ROWS else 1e-3, "learning_rate_init": 2e-3}


def _full_name(short: str, names: list[str]) -> str:
    """XGBoost is XGBoostClassifier or XGBoostRegressor."""
    fitting = (short, f"{short}Classifier", f"{short}Regressor")
    return next((name for name in names if name in fitting), "")

"""scikit-learn's trees, forests and histogram gradient boosting as forests."""

from typing import Any

import numpy as np

from mlops_cli.engine.compile.forest import LEQ, Forest, NotCompilableError, Tree, renumbered


def read_forest(model: Any) -> Forest:
    """A tree or a forest; its sum is a mean. Of two classes it has the second one's probability only."""
    trees = [tree.tree_ for tree in getattr(model, "estimators_", [model])]
    read = [_tree(tree, 1 / len(trees)) for tree in trees]
    return Forest(read, np.zeros(read[0].leaves.shape[1]))


def _tree(tree: Any, share: float) -> Tree:
    values = tree.value[:, 0, :]
    if values.shape[1] == 2:
        values = values[:, 1:]
    return renumbered(
        tree.feature,
        tree.threshold,
        tree.children_left,
        tree.children_right,
        tree.missing_go_to_left,
        values * share,
        mode=LEQ,
    )


def read_boosting(model: Any) -> Forest:
    """Histogram gradient boosting without categories (with them its ONNX forms are known to be wrong)."""
    if model.is_categorical_ is not None and np.any(model.is_categorical_):
        raise NotCompilableError("gradient boosting with categories is not known")
    rounds = model._predictors
    trees = [_histogram_tree(tree.nodes, column) for trees in rounds for column, tree in enumerate(trees)]
    return Forest(trees, np.asarray(model._baseline_prediction, dtype=np.float64).reshape(-1))


def _histogram_tree(nodes: np.ndarray, column: int) -> Tree:
    is_leaf = nodes["is_leaf"].astype(bool)
    return renumbered(
        nodes["feature_idx"],
        nodes["num_threshold"],
        np.where(is_leaf, -1, nodes["left"].astype(np.int64)),
        np.where(is_leaf, -1, nodes["right"].astype(np.int64)),
        nodes["missing_go_to_left"],
        nodes["value"].reshape(-1, 1),
        mode=LEQ,
        column=column,
    )

"""XGBoost's JSON format of a model (its documentation, "Introduction to Model IO") as a forest."""

import json
from typing import Any

import numpy as np

from mlops_cli.engine.compile.forest import LT, Forest, NotCompilableError, Tree, renumbered

_LINKS = {
    "reg:squarederror": "",
    "reg:absoluteerror": "",
    "binary:logistic": "sigmoid",
    "multi:softprob": "softmax",
    "reg:tweedie": "exp",
}


def read(raw: bytes | bytearray, outputs: int) -> tuple[Forest, str]:
    """The trees and what turns their sum into an answer: nothing, "sigmoid", "softmax" or "exp"."""
    learner = json.loads(raw)["learner"]
    booster, objective = learner["gradient_booster"], learner["objective"]["name"]
    if booster["name"] != "gbtree" or objective not in _LINKS:
        raise NotCompilableError(f"XGBoost's {booster['name']} with {objective} is not known")
    link = _LINKS[objective]
    columns = outputs if link == "softmax" else 1
    parameters = learner["learner_model_param"]
    base = np.zeros(columns) + np.array(json.loads(parameters["base_score"]), dtype=np.float64)
    if link == "sigmoid":
        base = np.log(base / (1 - base))
    if link == "exp":
        base = np.log(base)
    model = booster["model"]
    trees = [_tree(tree, column) for tree, column in zip(model["trees"], model["tree_info"], strict=True)]
    return Forest(trees, base), link


def _tree(tree: dict[str, Any], column: int) -> Tree:
    if any(tree["split_type"]) or tree["tree_param"]["size_leaf_vector"] not in ("0", "1"):
        raise NotCompilableError("XGBoost's own categories and vectors in leaves are not known")
    conditions = np.array(tree["split_conditions"], dtype=np.float32)
    return renumbered(
        np.array(tree["split_indices"]),
        conditions,
        np.array(tree["left_children"]),
        np.array(tree["right_children"]),
        np.array(tree["default_left"]),
        conditions.reshape(-1, 1),
        mode=LT,
        column=column,
    )

"""LightGBM's text format of a model (LightGBM, src/io/tree.cpp) as a forest."""

import numpy as np

from mlops_cli.engine.compile.forest import LEQ, MEMBER, Forest, NotCompilableError, Tree

_CATEGORICAL, _DEFAULT_LEFT = 1, 2
_MISSING_NONE, _MISSING_NAN = 0, 2
_LINKS = {
    "regression": "",
    "regression_l1": "",
    "binary": "sigmoid",
    "multiclass": "softmax",
    "tweedie": "exp",
}


def read(text: str, outputs: int) -> tuple[Forest, str]:
    """The trees and what turns their sum into an answer: nothing, "sigmoid", "softmax" or "exp"."""
    header, *blocks = text.split("\nTree=")
    blocks[-1] = blocks[-1].split("\nend of trees")[0]
    objective = _fields(header).get("objective", "")
    link = _link(objective)
    columns = outputs if link == "softmax" else 1
    trees = [_tree(_fields(block), i % columns) for i, block in enumerate(blocks)]
    return Forest(trees, np.zeros(columns)), link


def _link(objective: str) -> str:
    name, *options = objective.split()
    if name not in _LINKS or (name == "binary" and "sigmoid:1" not in options) or "sqrt" in options:
        raise NotCompilableError(f"LightGBM's objective '{objective}' is not known")
    return _LINKS[name]


def _fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _tree(fields: dict[str, str], column: int) -> Tree:
    if fields.get("is_linear", "0") != "0":
        raise NotCompilableError("LightGBM's linear trees are not known")
    values = _numbers(fields, "leaf_value").reshape(-1, 1)
    if len(values) == 1:
        return Tree.of_leaf(values, column)
    kinds = _numbers(fields, "decision_type").astype(int)
    thresholds = _numbers(fields, "threshold")
    categorical = (kinds & _CATEGORICAL) > 0
    missing = (kinds >> 2) & 3
    if (missing[~categorical] == 1).any():
        raise NotCompilableError("LightGBM's zero_as_missing is not known")
    # Where nothing was missing in training, LightGBM takes NaN for 0.
    nan_left = np.where(missing == _MISSING_NAN, (kinds & _DEFAULT_LEFT) > 0, thresholds >= 0)
    return Tree(
        _numbers(fields, "split_feature").astype(int),
        np.where(categorical, 0, thresholds),
        np.where(categorical, MEMBER, LEQ).astype(np.uint8),
        _numbers(fields, "left_child").astype(int),
        _numbers(fields, "right_child").astype(int),
        nan_left & ~categorical,
        values,
        column,
        {int(n): _members(fields, int(thresholds[n])) for n in np.flatnonzero(categorical)},
    )


def _members(fields: dict[str, str], number: int) -> list[int]:
    """The categories of a bit set of 32-bit words."""
    start, stop = _numbers(fields, "cat_boundaries").astype(int)[number : number + 2]
    words = _numbers(fields, "cat_threshold").astype(np.int64)[start:stop].tolist()
    return [32 * i + bit for i, word in enumerate(words) for bit in range(32) if word >> bit & 1]


def _numbers(fields: dict[str, str], name: str) -> np.ndarray:
    return np.array(fields[name].split(), dtype=np.float64)

"""Decision trees of any library in one neutral form."""

from dataclasses import dataclass, field

import numpy as np

from mlops_cli.errors import MlopsError

LEQ, LT, MEMBER = 0, 1, 6
"""How a node compares, by the numbers that ONNX gives it: <=, <, and whether a category is in a set."""


class NotCompilableError(MlopsError):
    """A model, or a part of one, that has no exact form as a graph."""


@dataclass(slots=True)
class Tree:
    """One tree of n inner nodes and m leaves. `features` are positions in the matrix.

    `left` and `right` (n) say where a row goes when the comparison holds and when it does not: to the inner node of
    that number, or, when negative, to leaf ~number. `missing_left` (n) says where NaN goes. `members` holds the
    categories of each node that compares with a set. `leaves` is (m, k): a whole answer each; or (m, 1), to be
    added to `column` of the answer.
    """

    features: np.ndarray
    thresholds: np.ndarray
    modes: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    leaves: np.ndarray
    column: int = 0
    members: dict[int, list[int]] = field(default_factory=dict)

    @classmethod
    def of_leaf(cls, value: np.ndarray, column: int = 0) -> "Tree":
        """A tree that answers the same for every row: one node whose two sides are the same leaf."""
        one = np.zeros(1, dtype=np.int64)
        leaf = np.full(1, -1)
        modes, missing = one.astype(np.uint8), one.astype(bool)
        return cls(one, np.zeros(1), modes, leaf, leaf, missing, value.reshape(1, -1), column)


@dataclass(slots=True)
class Forest:
    """The sum of the trees' leaves plus `base` (k), per row."""

    trees: list[Tree]
    base: np.ndarray


def renumbered(
    features: np.ndarray,
    thresholds: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    missing_left: np.ndarray,
    values: np.ndarray,
    *,
    mode: int,
    column: int = 0,
) -> Tree:
    """A tree whose nodes and leaves are numbered together, children of a leaf being negative. `values` is (n, k)."""
    is_leaf = left < 0
    if is_leaf[0]:
        return Tree.of_leaf(values[0], column)
    place = np.where(is_leaf, ~(np.cumsum(is_leaf) - 1), np.cumsum(~is_leaf) - 1)
    inner = ~is_leaf
    return Tree(
        features[inner],
        thresholds[inner].astype(np.float64),
        np.full(inner.sum(), mode, dtype=np.uint8),
        place[left[inner]],
        place[right[inner]],
        missing_left[inner].astype(bool),
        values[is_leaf].astype(np.float64),
        column,
    )

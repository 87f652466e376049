"""Tables of pairs of features as trees: over the bins of the first, and at each of its leaves over the second's."""

from collections.abc import Callable

import numpy as np

from mlops_cli.engine.compile.forest import LEQ, Forest, Tree
from mlops_cli.engine.model.crosses import Crosses


def as_forest(crosses: list[Crosses]) -> Forest:
    """A column for each pair of each of them, in their order."""
    tables = [(pair, c.edges, t) for c in crosses for pair, t in zip(c.pairs, c.tables, strict=True)]
    trees = [_tree(pair, edges, table, column) for column, (pair, edges, table) in enumerate(tables)]
    return Forest(trees, np.zeros(len(trees)))


def _tree(pair: tuple[int, int], edges: dict[int, np.ndarray], table: np.ndarray, column: int) -> Tree:
    growing = _Growing()
    (first, second), width = pair, table.shape[1]
    growing.over(
        first, edges[first], lambda a: growing.over(second, edges[second], lambda b: ~(a * width + b))
    )
    features, thresholds, left, right = zip(*growing.nodes, strict=True)
    return Tree(
        np.array(features),
        np.array(thresholds, dtype=np.float64),
        np.full(len(features), LEQ, dtype=np.uint8),
        np.array(left),
        np.array(right),
        np.zeros(len(features), dtype=bool),
        table.astype(np.float64).reshape(-1, 1),
        column,
    )


class _Growing:
    """Nodes are (feature, threshold, left, right), the root first; a leaf's number is inverted."""

    def __init__(self) -> None:
        self.nodes: list[tuple[int, float, int, int]] = []

    def over(self, feature: int, edges: np.ndarray, leaf: Callable[[int], int]) -> int:
        """A tree that leads every bin to `leaf` of it. Nothing is above infinity, so what is missing goes right."""
        return self._node(
            feature,
            np.inf,
            lambda: self._among(feature, edges.tolist(), 0, leaf),
            lambda: leaf(len(edges) + 1),
        )

    def _among(self, feature: int, edges: list[float], start: int, leaf: Callable[[int], int]) -> int:
        """The bins from `start` on that `edges` part."""
        if not edges:
            return leaf(start)
        middle = len(edges) // 2
        return self._node(
            feature,
            edges[middle],
            lambda: self._among(feature, edges[:middle], start, leaf),
            lambda: self._among(feature, edges[middle + 1 :], start + middle + 1, leaf),
        )

    def _node(self, feature: int, threshold: float, left: Callable[[], int], right: Callable[[], int]) -> int:
        place = len(self.nodes)
        self.nodes.append((feature, threshold, 0, 0))
        self.nodes[place] = (feature, threshold, left(), right())
        return place

"""Tables of pairs of features as trees: over the bins of the first, and at each of its leaves over the second's."""

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from mlops_cli.engine.compile.forest import LEQ, Forest, Tree
from mlops_cli.engine.compile.graph import Graph
from mlops_cli.engine.compile.tree_ensemble import add_forest
from mlops_cli.engine.model.crosses import Crossed, Crosses
from mlops_cli.engine.model.members import Logged, Narrow


def crosses_of(member: Any) -> Crosses | None:
    """Those that a member of a bag has learnt from."""
    if isinstance(member, Crossed):
        return member.crosses
    return crosses_of(member.member) if isinstance(member, Logged | Narrow) else None


def places_in_bag(graph: Graph, members: list[Any], places: np.ndarray) -> list[np.ndarray]:
    """Where each booster of a bag finds its features: its own pairs' means stand behind those of the one before."""
    found, start = [], graph.width
    for member in members:
        found.append(_places(member, places, start))
        crosses = crosses_of(member)
        start += len(crosses.pairs) if crosses else 0
    return found


def _places(member: Any, places: np.ndarray, start: int) -> np.ndarray:
    if isinstance(member, Narrow):
        return _places(member.member, places[: member.width], start)
    if isinstance(member, Crossed):
        return extended(places, member.crosses, start)
    return _places(member.member, places, start) if isinstance(member, Logged) else places


def extended(places: np.ndarray, crosses: Crosses, start: int) -> np.ndarray:
    """`places` of the features, then of the pairs' means, which stand from `start` on."""
    return np.concatenate([places, np.arange(start, start + len(crosses.pairs))])


def wider(graph: Graph, crosses: list[Crosses], places: np.ndarray) -> str:
    """The input with the means of pairs at its end; members that learnt from the same ones share it."""
    if not crosses:
        return graph.matrix
    key = pickle.dumps(crosses)
    if key not in graph.wider:
        means = add_forest(graph, as_forest(crosses), places)
        graph.wider[key] = graph.add("Concat", graph.matrix, means, axis=1)
    return graph.wider[key]


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

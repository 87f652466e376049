"""A forest as a TreeEnsemble operator (ai.onnx.ml 5)."""

from typing import Any

import numpy as np
from onnx import numpy_helper

from mlops_cli.engine.compile.forest import MEMBER, Forest, NotCompilableError, Tree
from mlops_cli.engine.compile.graph import Graph
from mlops_cli.engine.compile.thresholds import unrounded

MOST_NODES = 2_000_000


def add_forest(graph: Graph, forest: Forest, places: np.ndarray) -> str:
    """The (rows, k) sums of `forest`; `places[i]` is where the graph's matrix holds feature i."""
    if sum(len(tree.features) for tree in forest.trees) > MOST_NODES:
        raise NotCompilableError(f"a forest of more than {MOST_NODES:,} nodes is too large")
    for tree in forest.trees:
        tree.thresholds, tree.modes = unrounded(tree)
        graph.compares(places[tree.features], tree.thresholds)
    if forest.trees[0].leaves.shape[1] > 1:
        sums = _add_vectors(graph, forest.trees, places)
    else:
        weights = np.concatenate([tree.leaves[:, 0] for tree in forest.trees])
        columns = [tree.column for tree in forest.trees]
        sums = _add_operator(graph, forest.trees, weights, columns, len(forest.base), places)
    return graph.add("Add", sums, graph.constant(forest.base)) if forest.base.any() else sums


def _add_vectors(graph: Graph, trees: list[Tree], places: np.ndarray) -> str:
    """The operator allows one number per leaf: here it is the leaf's row in a table of all leaves."""
    table = np.concatenate([tree.leaves for tree in trees])
    rows = np.arange(len(table), dtype=np.float64)
    reached = _add_operator(graph, trees, rows, list(range(len(trees))), len(trees), places)
    numbers = graph.add("Cast", reached, to=graph.INT64)
    answers = graph.add("Gather", graph.constant(table), numbers, axis=0)
    return graph.add("ReduceSum", answers, graph.constant([1], np.int64), keepdims=0)


def _add_operator(
    graph: Graph,
    trees: list[Tree],
    weights: np.ndarray,
    columns: list[int],
    width: int,
    places: np.ndarray,
) -> str:
    """`weights` has a number per leaf, `columns` the column of the (rows, width) result that each tree adds to."""
    nodes = _starts([len(tree.features) for tree in trees])
    leaves = _starts([len(tree.leaves) for tree in trees])
    true_ids, true_leafs = _children([tree.left for tree in trees], nodes, leaves)
    false_ids, false_leafs = _children([tree.right for tree in trees], nodes, leaves)
    return graph.add(
        "TreeEnsemble",
        graph.matrix,
        domain="ai.onnx.ml",
        n_targets=width,
        aggregate_function=1,
        post_transform=0,
        tree_roots=nodes[:-1].tolist(),
        nodes_featureids=places[_joined([tree.features for tree in trees])].tolist(),
        nodes_modes=numpy_helper.from_array(np.concatenate([tree.modes for tree in trees])),
        nodes_splits=graph.tensor(np.concatenate([tree.thresholds for tree in trees])),
        nodes_missing_value_tracks_true=_joined([tree.missing_left for tree in trees]).tolist(),
        nodes_truenodeids=true_ids,
        nodes_trueleafs=true_leafs,
        nodes_falsenodeids=false_ids,
        nodes_falseleafs=false_leafs,
        leaf_targetids=np.repeat(columns, np.diff(leaves)).tolist(),
        leaf_weights=graph.tensor(weights),
        **_memberships(graph, trees),
    )


def _memberships(graph: Graph, trees: list[Tree]) -> dict[str, Any]:
    """The sets of categories in the order of their nodes, each ended by NaN."""
    values: list[float] = []
    for tree in trees:
        for node in np.flatnonzero(tree.modes == MEMBER).tolist():
            values += [*tree.members[node], np.nan]
    return {"membership_values": graph.tensor(np.array(values))} if values else {}


def _starts(sizes: list[int]) -> np.ndarray:
    return np.cumsum([0, *sizes])


def _children(sides: list[np.ndarray], nodes: np.ndarray, leaves: np.ndarray) -> tuple[list[int], list[int]]:
    """Numbers within the whole forest, and which of them are those of leaves."""
    starts = zip(sides, nodes[:-1], leaves[:-1], strict=True)
    ids = [np.where(side < 0, ~side + leaf, side + node) for side, node, leaf in starts]
    return _joined(ids).tolist(), _joined([side < 0 for side in sides]).tolist()


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts).astype(np.int64)

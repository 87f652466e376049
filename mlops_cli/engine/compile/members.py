"""Each kind of member of an ensemble as a part of the graph."""

from dataclasses import replace
from typing import Any

import numpy as np

from mlops_cli.engine.compile import lightgbm_trees, sklearn_trees, xgboost_trees
from mlops_cli.engine.compile.crosses import crosses_of, extended, places_in_bag, wider
from mlops_cli.engine.compile.dense_models import add_dense, add_linear, add_network
from mlops_cli.engine.compile.forest import Forest, NotCompilableError
from mlops_cli.engine.compile.graph import Graph
from mlops_cli.engine.compile.tree_ensemble import add_forest
from mlops_cli.engine.model.crosses import Crossed
from mlops_cli.engine.model.members import (
    Bag,
    LightGBMMember,
    Logged,
    Narrow,
    Rescaled,
    SklearnMember,
    XGBoostMember,
)

_FORESTS = ("RandomForest", "ExtraTrees", "DecisionTree")
_LINEAR = ("LogisticRegression", "ElasticNet")


def add_member(graph: Graph, member: Any, places: np.ndarray) -> str:
    """The (rows, k) answer of `member`; of two classes, the second one's probability only.

    `places[i]` is where the graph's matrix holds feature i. Raises NotCompilableError.
    """
    if isinstance(member, Narrow):
        return add_member(graph, member.member, places[: member.width])
    if isinstance(member, Logged):
        return _unlogged(graph, add_member(graph, member.member, places), [member])
    if isinstance(member, Rescaled):
        return _unscaled(graph, add_member(graph, member.member, places), member)
    if isinstance(member, Crossed):
        with graph.reading(wider(graph, [member.crosses], places)):
            return add_member(graph, member.member, extended(places, member.crosses, graph.width))
    if isinstance(member, Bag):
        return _add_bag(graph, member.members, places)
    if isinstance(member, LightGBMMember | XGBoostMember):
        forest, link = _boosted(member)
        return _linked(graph, add_forest(graph, forest, places), link)
    if isinstance(member, SklearnMember):
        return _add_sklearn(graph, member, places)
    raise NotCompilableError(f"{type(member).__name__} has no compiled form")


def _boosted(member: Any) -> tuple[Forest, str]:
    if isinstance(member, LightGBMMember):
        return lightgbm_trees.read(member.text, member.classes)
    return xgboost_trees.read(member.booster().save_raw("json"), member.classes)


def _add_bag(graph: Graph, members: list[Any], places: np.ndarray) -> str:
    """Boosters of one kind as one forest with columns for each of them, so that one operator grows them all."""
    inner = [_bare(member) for member in members]
    if not all(isinstance(m, LightGBMMember | XGBoostMember) for m in inner):
        answers = [add_member(graph, member, places) for member in members]
        return graph.add("Div", graph.add("Sum", *answers), graph.constant(float(len(answers))))
    forests, links = zip(*map(_boosted, inner), strict=True)
    width = len(forests[0].base)
    places_of = places_in_bag(graph, members, places)
    trees = [
        replace(t, column=t.column + width * i, features=where[t.features])
        for i, (f, where) in enumerate(zip(forests, places_of, strict=True))
        for t in f.trees
    ]
    whole = Forest(trees, np.concatenate([forest.base for forest in forests]))
    everywhere = np.arange(max(map(np.max, places_of)) + 1)
    crosses = [found for member in members if (found := crosses_of(member))]
    with graph.reading(wider(graph, crosses, places)):
        sums = add_forest(graph, whole, everywhere)
    shape = graph.constant([-1, len(inner), width], np.int64)
    apart = _linked(graph, graph.add("Reshape", sums, shape), links[0], axis=2)
    if logged := [member for member in members if isinstance(member, Logged)]:
        apart = _unlogged(graph, apart, logged)
    return graph.add("ReduceMean", apart, axes=[1], keepdims=0)


def _bare(member: Any) -> Any:
    return _bare(member.member) if isinstance(member, Logged | Narrow | Crossed) else member


def _unlogged(graph: Graph, logs: str, members: list[Logged]) -> str:
    """The labels of logarithms, (rows, 1) of one member or (rows, n, 1) of n."""
    lift, low, high, factor = (
        graph.constant([[getattr(m, name)] for m in members]) for name in ("lift", "low", "high", "factor")
    )
    labels = graph.add("Exp", graph.add("Min", graph.add("Max", logs, low), high))
    return graph.add("Sub", graph.add("Mul", labels, factor), lift)


def add_pair(graph: Graph, positive: str) -> str:
    """Both probabilities of two classes."""
    return graph.add("Concat", graph.add("Sub", graph.constant(1.0), positive), positive, axis=1)


def _linked(graph: Graph, sums: str, link: str, axis: int = 1) -> str:
    """Sums turned into an answer by nothing, "sigmoid", "softmax" or "exp"."""
    if link == "softmax":
        return graph.add("Softmax", sums, axis=axis)
    return graph.add("Exp" if link == "exp" else "Sigmoid", sums) if link else sums


def _add_sklearn(graph: Graph, member: SklearnMember, places: np.ndarray) -> str:
    model, name = member.model, type(member.model).__name__
    classes = 1 if member.classes == 1 else len(model.classes_)
    link = {1: "", 2: "sigmoid"}.get(classes, "softmax")
    if member.classes > 1 and classes < 2:
        raise NotCompilableError("a classifier that knows one class only has no compiled form")
    if name.startswith(_FORESTS):
        link = ""
        sums = add_forest(graph, sklearn_trees.read_forest(model), places)
    elif name.startswith("HistGradientBoosting"):
        sums = add_forest(graph, sklearn_trees.read_boosting(model), places)
    elif name.startswith((*_LINEAR, "MLP")) and member.dense:
        add = add_network if name.startswith("MLP") else add_linear
        sums = add(graph, model, add_dense(graph, member.dense, places))
    else:
        raise NotCompilableError(f"{name} has no compiled form")
    answer = _linked(graph, sums, link)
    return _in_all_classes(graph, answer, member) if classes > 1 else _unscaled(graph, answer, member)


def _unscaled(graph: Graph, answer: str, member: SklearnMember | Rescaled) -> str:
    """A regression back in the units of the label."""
    if (member.shift, member.scale) == (0.0, 1.0):
        return answer
    scaled = graph.add("Mul", answer, graph.constant(member.scale))
    return graph.add("Add", scaled, graph.constant(member.shift))


def _in_all_classes(graph: Graph, answer: str, member: SklearnMember) -> str:
    """Probabilities in the columns of all classes, also of those that this member has never seen."""
    known = np.asarray(member.model.classes_, dtype=int)
    if len(known) == member.classes:
        return answer
    both = add_pair(graph, answer) if len(known) == 2 else answer
    return graph.add("MatMul", both, graph.constant(np.eye(member.classes)[known]))

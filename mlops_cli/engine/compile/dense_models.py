"""Linear models and neural networks of scikit-learn over the dense form of the matrix."""

from typing import Any

import numpy as np

from mlops_cli.engine.compile.forest import NotCompilableError
from mlops_cli.engine.compile.graph import Graph
from mlops_cli.engine.model.dense import Dense, Hats

_ACTIVATIONS = {"relu": "Relu", "logistic": "Sigmoid", "tanh": "Tanh", "identity": ""}


def add_dense(graph: Graph, dense: Dense, places: np.ndarray) -> str:
    """What `Dense.transform` computes; `places[i]` is where the graph's matrix holds feature i."""
    numbers = graph.pick(graph.rounded(), places[dense.numbers])
    gaps = graph.add("IsNaN", numbers)
    filled = graph.add("Where", gaps, graph.constant(dense.mean), numbers)
    centered = graph.add("Sub", filled, graph.constant(dense.mean))
    scaled = graph.add("Div", centered, graph.constant(dense.scale))
    parts = [graph.add("Clip", scaled, graph.constant(-dense.clip), graph.constant(dense.clip))]
    if len(dense.gappy):
        parts.append(graph.add("Cast", graph.pick(gaps, dense.gappy), to=graph.DOUBLE))
    if dense.one_hot:
        columns = [places[position] for position, count in dense.one_hot for _ in range(count)]
        codes = [code for _, count in dense.one_hot for code in range(count)]
        hot = graph.add("Equal", graph.pick(graph.rounded(), columns), graph.constant(codes))
        parts.append(graph.add("Cast", hot, to=graph.DOUBLE))
    if dense.bent and len(dense.hats.columns):
        parts.append(_add_hats(graph, dense.hats, parts[0]))
    return graph.add("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]


def _add_hats(graph: Graph, hats: Hats, scaled: str) -> str:
    values = graph.pick(scaled, hats.columns)
    rising = graph.add("Add", graph.add("Mul", values, graph.constant(hats.rise)), graph.constant(hats.start))
    falling = graph.add("Add", graph.add("Mul", values, graph.constant(hats.fall)), graph.constant(hats.end))
    return graph.add("Max", graph.add("Min", rising, falling), graph.constant(0.0))


def add_linear(graph: Graph, model: Any, values: str) -> str:
    """The decision values of a linear model: (rows, 1), or (rows, classes) for more than two."""
    return _layer(graph, values, np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_))


def add_network(graph: Graph, model: Any, values: str) -> str:
    """The last layer's sums of a multi-layer perceptron."""
    if model.activation not in _ACTIVATIONS:
        raise NotCompilableError(f"the activation '{model.activation}' is not known")
    activation = _ACTIVATIONS[model.activation]
    for index, (weights, intercept) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        if index and activation:
            values = graph.add(activation, values)
        values = _layer(graph, values, weights, intercept)
    return values


def _layer(graph: Graph, values: str, weights: np.ndarray, intercept: np.ndarray) -> str:
    return graph.add("Add", graph.add("MatMul", values, graph.constant(weights)), graph.constant(intercept))

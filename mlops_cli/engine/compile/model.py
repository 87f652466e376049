"""A trained model as one ONNX graph and the table by which rows are encoded for it."""

import numpy as np

from mlops_cli.engine.compile.forest import NotCompilableError
from mlops_cli.engine.compile.graph import Graph
from mlops_cli.engine.compile.members import add_member, add_pair
from mlops_cli.engine.model.columns import CategoryColumn
from mlops_cli.engine.model.ensembles import EPSILON, Stack, Vote
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.model.forecast import ForecastModel
from mlops_cli.engine.serving.fast.table import GROUPS, Table, described, group


def compile_model(model: object) -> tuple[bytes, Table]:
    """The graph as an ONNX file, and the table. Raises NotCompilableError for what has no exact form."""
    if isinstance(model, ForecastModel):
        raise NotCompilableError("forecasts look back on their own series")
    if not isinstance(model, FittedModel):
        raise NotCompilableError(f"a {type(model).__name__} has no compiled form")
    table, places = _table(model)
    graph = Graph(len(places))
    answers = [add_member(graph, member, places) for member in model.members]
    classes = len(model.schema.classes or [None])
    width = _mix(graph, model.mix, answers, classes)
    table.sort_by = graph.most_compared()
    return graph.model(width), table


def _mix(graph: Graph, mix: Vote | Stack, answers: list[str], classes: int) -> int:
    """Mix the members' answers; how many columns the mixture has: of two classes, a vote tells the second only."""
    if isinstance(mix, Vote):
        width = 1 if classes == 2 else classes
        _weighted(graph, mix.weights, answers, width)
        return width
    if mix.intercept.size == 1:
        graph.add("Add", _weighted(graph, mix.weights, answers, 1), graph.constant(mix.intercept))
        return 1
    logs = [_log(graph, add_pair(graph, answer) if classes == 2 else answer) for answer in answers]
    logits = graph.add("Add", _weighted(graph, mix.weights, logs, classes), graph.constant(mix.intercept))
    graph.add("Softmax", logits, axis=1)
    return classes


def _weighted(graph: Graph, weights: list[float], answers: list[str], width: int) -> str:
    """The weighted sum, as one product: each operator costs a microsecond."""
    if weights == [1.0]:
        return answers[0]
    factors = np.kron(np.reshape(weights, (-1, 1)), np.eye(width))
    return graph.add("MatMul", graph.add("Concat", *answers, axis=1), graph.constant(factors))


def _log(graph: Graph, answer: str) -> str:
    return graph.add("Log", graph.add("Clip", answer, graph.constant(EPSILON), graph.constant(1.0)))


def _table(model: FittedModel) -> tuple[Table, np.ndarray]:
    """The table, and where its matrix holds each feature of the model's own matrix.

    Numbers come first and categories last, each category followed by its means: as the service fills it.
    """
    columns = model.encoder.columns
    kinds = {f.name: f.type for f in model.schema.inputs}
    order = sorted(range(len(columns)), key=lambda i: GROUPS.index(group(columns[i], kinds[columns[i].name])))
    means = dict(zip(model.means.positions, model.means.tables, strict=True))
    firsts = np.cumsum([0] + [len(c.outputs) for c in columns])
    width = int(firsts[-1])
    mean_firsts = np.cumsum([width] + [t.shape[1] for t in model.means.tables])
    sources: list[int] = []
    tables: dict[str, list[list[float]]] = {}
    for index in order:
        column, first = columns[index], int(firsts[index])
        sources += range(first, first + len(column.outputs))
        if isinstance(column, CategoryColumn) and first in means:
            rank = model.means.positions.index(first)
            sources += range(int(mean_firsts[rank]), int(mean_firsts[rank + 1]))
            tables[column.name] = means[first].astype(float).tolist()
    places = np.empty(len(sources), dtype=np.int64)
    places[sources] = np.arange(len(sources))
    return Table([described(columns[i]) for i in order], tables), places

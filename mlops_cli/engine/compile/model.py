"""A trained model as one ONNX graph and the table by which rows are encoded for it."""

import numpy as np

from mlops_cli.engine.compile.forest import NotCompilableError
from mlops_cli.engine.compile.graph import Graph
from mlops_cli.engine.compile.members import add_member, add_pair
from mlops_cli.engine.model.ensembles import EPSILON, Stack, Vote
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.model.forecast import ForecastModel
from mlops_cli.engine.serving.fast.table import FORM, GROUPS, Table, described, group


def compile_model(model: object, *, whole: bool = False) -> tuple[bytes, Table]:
    """The graph as an ONNX file, and the table; a `whole` graph leaves nothing to whoever reads its answer.

    Raises NotCompilableError for what has no exact form.
    """
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
    table.logits = classes == 2 and not whole and graph.leaves_sigmoid()
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
    """The table, and where its matrix holds each feature of the model's own matrix."""
    columns = model.encoder.columns
    kinds = {f.name: f.type for f in model.schema.inputs}
    features, means = _features(model)
    # Of categories those with means come first: the service looks up the first ones of a row once more.
    ways = [(group(c, kinds[c.name]), c.name not in means, c) for c in columns]
    ways.sort(key=lambda way: (GROUPS.index(way[0]), way[1]))
    table = Table([described(c) for _, _, c in ways], [name for name, _, _ in ways], means, form=FORM)
    sources = [features[ways[i][2].name][part] for i, part in table.layout()]
    places = np.empty(len(sources), dtype=np.int64)
    places[sources] = np.arange(len(sources))
    return table, places


def _features(model: FittedModel) -> tuple[dict[str, list[int]], dict[str, list[list[float]]]]:
    """Of each column its places in the model's own matrix, means last; and the means of those that have some."""
    features: dict[str, list[int]] = {}
    named: dict[int, str] = {}
    end = 0
    for column in model.encoder.columns:
        named[end] = column.name
        features[column.name] = list(range(end, end := end + len(column.outputs)))
    found = zip(model.means.positions, model.means.tables, strict=True)
    means = {named[position]: table.astype(float).tolist() for position, table in found}
    for name, table in means.items():
        features[name] += range(end, end := end + len(table[0]))
    return features, means

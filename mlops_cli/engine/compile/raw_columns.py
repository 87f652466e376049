"""A model as one ONNX graph from raw columns to labels, for programs that have nothing but onnxruntime.

Each column that the model reads is an input (rows, 1): numbers as floats, categories as texts, empty where missing.
"""

import re
from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from mlops_cli.domain.data import Scalar
from mlops_cli.engine.compile.forest import NotCompilableError
from mlops_cli.engine.compile.model import compile_model
from mlops_cli.engine.model.columns import CategoryColumn, Column, NumberColumn
from mlops_cli.engine.model.fitted import FittedModel
from mlops_cli.engine.serving.fast.engine import INPUT, OUTPUT

LABEL, PROBABILITIES = "label", "probabilities"
NUMBER, TEXT = "float", "string"


def whole(model: FittedModel) -> tuple[bytes, dict[str, tuple[str, str]]]:
    """The graph as a file, and of each raw column its input and that one's type.

    Raises NotCompilableError for dates, free text and what has no compiled form.
    """
    file, table = compile_model(model, whole=True)
    found = onnx.load_from_string(file)
    graph = found.graph
    columns = table.encoders()
    names = _input_names([column.name for column in columns])
    encoded = [_encoded(c, names[c.name], table.means.get(c.name)) for c in columns]
    front = [node for nodes in encoded for node in nodes]
    parts = [encoded[column][part].output[0] for column, part in table.layout()]
    kinds = {c.name: NUMBER if isinstance(c, NumberColumn) else TEXT for c in columns}
    nodes = [*front, *_matrix(parts), *graph.node]
    end, outputs = _answers(model.schema.classes, graph)
    inputs = [_input(names[name], kind) for name, kind in kinds.items()]
    done = helper.make_graph([*nodes, *end], "model", inputs, outputs, list(graph.initializer))
    made = helper.make_model(done, opset_imports=found.opset_import, ir_version=found.ir_version)
    return made.SerializeToString(), {name: (names[name], kind) for name, kind in kinds.items()}


def _matrix(parts: list[str]) -> list[NodeProto]:
    whole = helper.make_node("Concat", parts, ["floats_in"], axis=1)
    return [whole, helper.make_node("Cast", ["floats_in"], [INPUT], to=TensorProto.DOUBLE)]


def _input_names(columns: list[str]) -> dict[str, str]:
    """Names that every ONNX runtime takes, apart from those inside of the graph."""
    found: dict[str, str] = {}
    for number, column in enumerate(columns):
        plain = "in_" + re.sub(r"\W", "_", column)
        found[column] = plain if plain not in found.values() else f"{plain}_{number}"
    return found


def _input(name: str, kind: str) -> ValueInfoProto:
    of = TensorProto.FLOAT if kind == NUMBER else TensorProto.STRING
    return helper.make_tensor_value_info(name, of, ["rows", 1])


def _encoded(column: Column, name: str, means: list[list[float]] | None) -> list[NodeProto]:
    """What the matrix holds of a column: a number, or a category's code and the means that follow it."""
    if isinstance(column, NumberColumn):
        return [helper.make_node("Identity", [name], [f"raw_{name}"])]
    if not isinstance(column, CategoryColumn):
        raise NotCompilableError(f"'{column.name}' is a {column.purpose}: ONNX has no operator for it")
    keys, codes = list(column.codes), list(column.codes.values())
    tables = zip(*(means or []), strict=True)
    looked_up = [(codes, float("nan")), *(([t[int(code)] for code in codes], t[-1]) for t in tables)]
    return [
        helper.make_node("LabelEncoder", [name], [f"raw_{name}_{place}"], domain="ai.onnx.ml",
                         keys_strings=keys, values_floats=values, default_float=default)
        for place, (values, default) in enumerate(looked_up)
    ]  # fmt: skip


def _answers(classes: list[Scalar] | None, graph: Any) -> tuple[list[NodeProto], list[ValueInfoProto]]:
    """From the mixture of the members to what is asked for: a number, or a class and all probabilities."""
    floats = helper.make_node("Cast", [OUTPUT], ["floats"], to=TensorProto.FLOAT)
    if not classes:
        floats.output[:] = ["variable"]
        return [floats], [helper.make_tensor_value_info("variable", TensorProto.FLOAT, ["rows", 1])]
    texts = not all(type(label) is int for label in classes)
    labels = np.array(list(map(str, classes)), dtype=object) if texts else np.array(classes, dtype=np.int64)
    graph.initializer.append(numpy_helper.from_array(labels, "classes"))
    nodes = [
        floats,
        *_all_probabilities(graph),
        helper.make_node("ArgMax", [PROBABILITIES], ["place"], axis=1, keepdims=0),
    ]
    nodes.append(helper.make_node("Gather", ["classes", "place"], [LABEL]))
    kind = TensorProto.STRING if texts else TensorProto.INT64
    return nodes, [
        helper.make_tensor_value_info(LABEL, kind, ["rows"]),
        helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, ["rows", len(classes)]),
    ]


def _all_probabilities(graph: Any) -> list[NodeProto]:
    """Where the mixture tells the second of two classes only, the first one too."""
    if graph.output[0].type.tensor_type.shape.dim[1].dim_value > 1:
        return [helper.make_node("Identity", ["floats"], [PROBABILITIES])]
    graph.initializer.append(numpy_helper.from_array(np.array(1, dtype=np.float32), "one"))
    first = helper.make_node("Sub", ["one", "floats"], ["first"])
    return [first, helper.make_node("Concat", ["first", "floats"], [PROBABILITIES], axis=1)]

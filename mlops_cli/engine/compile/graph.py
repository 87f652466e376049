"""An ONNX graph under construction. Tensors are named and (rows, columns) of doubles, unless said.

Doubles make the answers those of LightGBM and scikit-learn to the last bit or nearly so, at the same speed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mlops_cli.engine.serving.fast.engine import INPUT, OUTPUT

_OPSETS = {"": 17, "ai.onnx.ml": 5}
_IR_VERSION = 9


class Graph:
    """`matrix` is what forests read: the input, (rows, width), or with columns beside it; `wider` are those made."""

    INT64, DOUBLE = TensorProto.INT64, TensorProto.DOUBLE
    matrix = INPUT

    def __init__(self, width: int) -> None:
        self.width = width
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._thresholds: dict[int, list[float]] = {}
        self._rounded = ""
        self.wider: dict[bytes, str] = {}

    def add(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """One operator; the name of its output."""
        name = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], domain=domain, **attributes))
        return name

    def constant(self, value: Any, kind: Any = np.float64) -> str:
        """A tensor of fixed numbers."""
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, dtype=kind), name))
        return name

    def tensor(self, value: np.ndarray) -> onnx.TensorProto:
        """An attribute that is a tensor of doubles."""
        return numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float64))

    def rounded(self) -> str:
        """The matrix with the precision of the model's own, which is of 32-bit floats."""
        self._rounded = self._rounded or self.add(
            "Cast", self.add("Cast", INPUT, to=TensorProto.FLOAT), to=self.DOUBLE
        )
        return self._rounded

    def pick(self, matrix: str, positions: Any) -> str:
        """Some columns of `matrix`."""
        return self.add("Gather", matrix, self.constant(positions, np.int64), axis=1)

    @contextmanager
    def reading(self, matrix: str) -> Iterator[None]:
        """Have forests read another matrix: the input with further columns at its end."""
        before, self.matrix = self.matrix, matrix
        try:
            yield
        finally:
            self.matrix = before

    def compares(self, positions: np.ndarray, thresholds: np.ndarray) -> None:
        """Remember which columns of the input a forest compares with what."""
        for position, threshold in zip(positions.tolist(), thresholds.tolist(), strict=True):
            if position < self.width:
                self._thresholds.setdefault(position, []).append(threshold)

    def most_compared(self) -> list[int]:
        """The two columns that are compared most often, the one with fewer different thresholds first."""
        found = sorted(self._thresholds, key=lambda position: -len(self._thresholds[position]))[:2]
        return sorted(found, key=lambda position: len(set(self._thresholds[position])))

    def leaves_sigmoid(self) -> bool:
        """Whether the operator that was added last is a sigmoid; then it is left to whoever reads the answer."""
        found = self._nodes[-1].op_type == "Sigmoid"
        if found:
            self._nodes.pop()
        return found

    def model(self, columns: int) -> bytes:
        """The whole, as a file, from the matrix to the output of the operator that was added last."""
        self._nodes[-1].output[:] = [OUTPUT]
        graph = helper.make_graph(
            self._nodes,
            "model",
            [helper.make_tensor_value_info(INPUT, self.DOUBLE, ["rows", self.width])],
            [helper.make_tensor_value_info(OUTPUT, self.DOUBLE, ["rows", columns])],
            self._constants,
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION).SerializeToString()

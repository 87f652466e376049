"""The graph run on matrices: small ones in places that are kept, large ones handed over."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from mlops_cli.engine.serving.fast.engine import INPUT, OUTPUT, Engine

WIDTH = 3


def doubling(kind: Any = TensorProto.DOUBLE) -> bytes:
    """A graph that answers twice each number, as doubles."""
    nodes = [
        helper.make_node("Cast", [INPUT], ["wide"], to=TensorProto.DOUBLE),
        helper.make_node("Add", ["wide", "wide"], [OUTPUT]),
    ]
    matrix = helper.make_tensor_value_info(INPUT, kind, ["rows", WIDTH])
    answer = helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["rows", WIDTH])
    graph = helper.make_graph(nodes, "doubling", [matrix], [answer])
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()


@pytest.mark.parametrize("kind", [TensorProto.DOUBLE, TensorProto.FLOAT])
@pytest.mark.parametrize("rows", [1, 2, 128, 129, 2000])
def test_every_size_is_answered_whatever_number_the_graph_takes(rows: int, kind: Any) -> None:
    matrix = np.random.default_rng(rows).normal(size=(rows, WIDTH)).astype(np.float32)
    answers = Engine(doubling(kind), threads=2, sort_by=[1, 0]).answers(matrix)
    assert answers.dtype == np.float64
    np.testing.assert_array_equal(answers, matrix.astype(float) * 2)


def test_an_answer_stays_when_the_next_one_of_its_size_is_made() -> None:
    engine = Engine(doubling())
    first = engine.answers(np.full((2, WIDTH), 1, np.float32))
    engine.answers(np.full((2, WIDTH), 5, np.float32))
    assert (first == 2).all()


def test_threads_that_ask_at_once_get_their_own_answers() -> None:
    engine = Engine(doubling())

    def asks(number: int) -> bool:
        matrix = np.full((2, WIDTH), number, np.float32)
        return all((engine.answers(matrix) == 2 * number).all() for _ in range(300))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(asks, range(8)))

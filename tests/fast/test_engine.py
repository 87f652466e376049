"""The graph run: few rows in places that are kept, many as arrays."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from mlops_cli.engine.serving.fast.engine import INPUT, OUTPUT, Engine, joined

WIDTH = 3


def doubling() -> bytes:
    """A graph that answers twice each number."""
    nodes = [helper.make_node("Add", [INPUT, INPUT], [OUTPUT])]
    matrix = helper.make_tensor_value_info(INPUT, TensorProto.DOUBLE, ["rows", WIDTH])
    answer = helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["rows", WIDTH])
    graph = helper.make_graph(nodes, "doubling", [matrix], [answer])
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()


@pytest.mark.parametrize("rows", [1, 2, 128, 129, 2000])
def test_cells_are_answered_the_same_as_a_list_and_as_a_matrix(rows: int) -> None:
    matrix = np.random.default_rng(rows).normal(size=(rows, WIDTH))
    engine = Engine(doubling(), threads=2, sort_by=[1, 0])
    for cells in (matrix, matrix.ravel().tolist()):
        np.testing.assert_array_equal(engine.answers(cells), matrix.astype(float) * 2)


def test_missing_numbers_are_nan() -> None:
    answers = Engine(doubling()).answers([0.1, None, True, 1e39, 7, -1e39])
    np.testing.assert_array_equal(answers, [[0.2, np.nan, 2], [2e39, 14, -2e39]])


def test_an_answer_stays_when_the_next_one_of_its_size_is_made() -> None:
    engine = Engine(doubling())
    first = engine.answers([1.0] * WIDTH)
    assert engine.answers([5.0] * WIDTH) == [[10.0] * WIDTH]
    assert first == [[2.0] * WIDTH]


def test_threads_that_ask_at_once_get_their_own_answers() -> None:
    engine = Engine(doubling())

    def asks(number: int) -> bool:
        cells: list[float | None] = [float(number)] * WIDTH
        return all(engine.answers(cells) == [[2.0 * number] * WIDTH] for _ in range(300))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(asks, range(8)))


def test_lists_and_matrices_are_joined_in_their_order() -> None:
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert joined([[1.0, None], [2.0, 3.0]]) == [1.0, None, 2.0, 3.0]
    mixed = joined([[9.0, None, 7.0], matrix])
    np.testing.assert_array_equal(mixed, [9, np.nan, 7, 0, 1, 2, 3, 4, 5])


THREADS = """
import os, sys
from pathlib import Path
from mlops_cli.engine.serving.fast.engine import Engine
engine = Engine(Path(sys.argv[1]))
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_onnx_runtime_starts_no_thread_that_tells_of_us(tmp_path: Path) -> None:
    graph = tmp_path / "model.onnx"
    graph.write_bytes(doubling())
    silent = {"ORT_DISABLE_TELEMETRY": "1"}
    unset = {name: value for name, value in os.environ.items() if name not in silent}
    command = [sys.executable, "-c", THREADS, str(graph)]
    counts = [subprocess.check_output(command, env=unset | more) for more in (silent, {})]
    assert counts[0] == counts[1]

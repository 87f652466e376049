"""The graph run: few rows in places that are kept, many as arrays."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from mlops_cli.engine.serving.fast.engine import INPUT, OUTPUT, Engine

WIDTH = 3


def doubling() -> bytes:
    """A graph that answers twice each number."""
    nodes = [helper.make_node("Add", [INPUT, INPUT], [OUTPUT])]
    matrix = helper.make_tensor_value_info(INPUT, TensorProto.DOUBLE, ["rows", WIDTH])
    answer = helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["rows", WIDTH])
    graph = helper.make_graph(nodes, "doubling", [matrix], [answer])
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()


def cells(number: float) -> bytes:
    """Of one row."""
    return np.full(WIDTH, float(number)).tobytes()


@pytest.mark.parametrize("rows", [1, 2, 128, 129, 2000])
def test_few_rows_and_many_are_answered_in_their_order(rows: int) -> None:
    matrix = np.random.default_rng(rows).normal(size=(rows, WIDTH))
    matrix[0, 0] = np.nan
    engine = Engine(doubling(), threads=2, sort_by=[1, 0])
    np.testing.assert_array_equal(engine.answers(matrix.tobytes()), matrix * 2)


def test_an_answer_stays_when_the_next_one_of_its_size_is_made() -> None:
    engine = Engine(doubling())
    first = engine.answers(cells(1.0))
    assert engine.answers(cells(5.0)) == [[10.0] * WIDTH]
    assert first == [[2.0] * WIDTH]


def test_threads_that_ask_at_once_get_their_own_answers() -> None:
    engine = Engine(doubling())

    def asks(number: int) -> bool:
        return all(engine.answers(cells(number)) == [[2.0 * number] * WIDTH] for _ in range(300))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(asks, range(8)))


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

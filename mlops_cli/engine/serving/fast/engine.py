"""The compiled model: numbers in, answers out."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np

# ONNX Runtime 1.31 tells its makers over the network of every session, from a thread of its own, unless told not to
# before it is loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

INPUT, OUTPUT = "matrix", "answer"
_MOST_IN_PLACE = 128
_FEWEST_SHARED = 512
_FEWEST_SORTED = 256
_ERRORS_ONLY = 3

Answers = list[list[float]] | np.ndarray
"""(n, k): few as lists, many as an array of doubles."""


class _Place(NamedTuple):
    """Memory that the graph reads its matrix from and writes its answers to, for one number of rows."""

    binding: onnxruntime.IOBinding
    answers: np.ndarray
    cells: memoryview


class Engine:
    """Takes the cells of some rows, one after the other: native doubles, NaN where a number is missing.

    Answers on the thread that asks; large batches are shared among `threads`, as ONNX Runtime allows.

    Small ones are answered in places that are kept, and never are arrays of their own: making those, and handing
    them over, takes longer than the graph does.

    Large batches are answered in the order of the columns `sort_by`: rows that take the same ways through the trees
    follow each other, so that the processor guesses the next branch right (a third less time for 2,000 rows).
    """

    def __init__(self, graph: Path | bytes, threads: int = 1, sort_by: Sequence[int] = ()) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = _ERRORS_ONLY
        source = graph if isinstance(graph, bytes) else str(graph)
        self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        self._width = self._session.get_inputs()[0].shape[1]
        self._row_bytes = self._width * np.dtype(np.float64).itemsize
        self._columns = self._session.get_outputs()[0].shape[1]
        self._places: dict[int, _Place] = {}
        self._threads = min(threads, os.cpu_count() or 1)
        self._sort_by = list(sort_by)
        self._pool: ThreadPoolExecutor | None = None

    def answers(self, cells: bytes) -> Answers:
        rows = len(cells) // self._row_bytes
        if rows <= _MOST_IN_PLACE:
            return self._in_place(cells, rows)
        matrix = np.frombuffer(cells).reshape(rows, self._width)
        if len(matrix) < _FEWEST_SORTED or not self._sort_by:
            return self._shared(matrix)
        order = np.lexsort([matrix[:, column] for column in reversed(self._sort_by)])
        sorted_answers = self._shared(matrix[order])
        answers = np.empty_like(sorted_answers)
        answers[order] = sorted_answers
        return answers

    def _in_place(self, cells: bytes, rows: int) -> list[list[float]]:
        """Whoever uses a place has taken it away meanwhile: another thread makes one of its own."""
        place = self._places.pop(rows, None) or self._place(rows)
        place.cells[:] = cells
        self._session.run_with_iobinding(place.binding)
        answers: list[list[float]] = place.answers.tolist()
        self._places[rows] = place
        return answers

    def _place(self, rows: int) -> _Place:
        matrix, answers = np.empty((rows, self._width), np.float64), np.empty((rows, self._columns))
        binding = self._session.io_binding()
        binding.bind_input(INPUT, "cpu", 0, np.float64, matrix.shape, matrix.ctypes.data)
        binding.bind_output(OUTPUT, "cpu", 0, np.float64, answers.shape, answers.ctypes.data)
        return _Place(binding, answers, matrix.data.cast("B"))

    def _shared(self, matrix: np.ndarray) -> np.ndarray:
        if len(matrix) < _FEWEST_SHARED or self._threads == 1:
            return self._run(matrix)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, "score")
        return np.concatenate(list(self._pool.map(self._run, np.array_split(matrix, self._threads))))

    def _run(self, matrix: np.ndarray) -> np.ndarray:
        answer: np.ndarray = self._session.run([OUTPUT], {INPUT: matrix})[0]
        return answer

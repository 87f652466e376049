"""Raw rows to a float matrix. Fitting looks at pandas columns; encoding rows of a request needs numpy only."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mlops_cli.engine.model.columns import CategoryColumn, Column, NumberColumn
from mlops_cli.engine.model.purposes import Dropped, as_wanted, found_out

if TYPE_CHECKING:
    import pandas


class Encoder:
    """Turns rows (dicts or a DataFrame) into an (n, width) float32 matrix; missing and unseen are NaN.

    Columns are found by name: their order and further columns do not matter.
    """

    def __init__(self, columns: list[Column], dropped: list[Dropped]) -> None:
        self.columns = columns
        self.dropped = dropped
        self.features = [name for column in columns for name in column.outputs]
        self.sources = [i for i, column in enumerate(columns) for _ in column.outputs]

    @classmethod
    def fit(
        cls, frame: "pandas.DataFrame", mode: Literal["auto", "off"] | Mapping[str, str] = "auto"
    ) -> "Encoder":
        """`mode` may name the purposes of single columns. Raises DataError where one cannot be had."""
        given = mode if isinstance(mode, Mapping) else {}
        general = "auto" if isinstance(mode, Mapping) else mode
        columns: list[Column] = []
        dropped: list[Dropped] = []
        for name in frame.columns:
            purpose = given.get(str(name))
            series = frame[name]
            found = (
                as_wanted(purpose, str(name), series) if purpose else found_out(str(name), series, general)
            )
            if isinstance(found, Dropped):
                dropped.append(found)
            else:
                columns.append(found)
        return cls(columns, dropped)

    @property
    def width(self) -> int:
        return len(self.features)

    @property
    def categories(self) -> dict[int, int]:
        """Position in the matrix and number of categories of each categorical feature."""
        found = {}
        for position, source in enumerate(self.sources):
            column = self.columns[source]
            if isinstance(column, CategoryColumn):
                found[position] = len(column.codes)
        return found

    def matrix(self, rows: "Sequence[dict[str, Any]] | pandas.DataFrame") -> np.ndarray:
        if not isinstance(rows, Sequence):
            return self._frame_matrix(rows)
        values = [[x for c in self.columns for x in c.encode(row.get(c.name))] for row in rows]
        return np.array(values, dtype=np.float32).reshape(len(values), self.width)

    def _frame_matrix(self, frame: "pandas.DataFrame") -> np.ndarray:
        matrix = np.empty((len(frame), self.width), dtype=np.float32)
        start = 0
        for column in self.columns:
            stop = start + len(column.outputs)
            matrix[:, start:stop] = _encode_series(column, frame.get(column.name), len(frame))
            start = stop
        return matrix


def _encode_series(column: Column, series: "pandas.Series | None", rows: int) -> np.ndarray:
    """Each distinct value is encoded once, by the very code that encodes a request."""
    if series is None:
        return np.array([column.encode(None)] * rows, dtype=np.float32)
    if isinstance(column, NumberColumn) and series.dtype.kind in "iufb":
        numbers = series.to_numpy(dtype=np.float64, na_value=np.nan).reshape(-1, 1)
        return np.where(np.abs(numbers) < 3e38, numbers, np.nan)
    codes, distinct = series.factorize(use_na_sentinel=False)
    return np.array([column.encode(v) for v in distinct.tolist()], dtype=np.float32)[codes]

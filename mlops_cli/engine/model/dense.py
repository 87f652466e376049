"""The matrix as linear models and neural networks want it: no gaps, one scale, a column per category."""

from typing import Self

import numpy as np

MOST_ONE_HOT = 30
MOST_BENT = 200
_CLIP = 3.0
_CORNERS = (0.0, 0.25, 0.5, 0.75, 1.0)


class Dense:
    """Numbers are standardized, gaps become the mean and a column of their own.

    They are clipped at 3 deviations: a line must not follow a value that is far out. (At 5 it did, to the worse on
    most tables that were tried.)

    Categories of at most 30 values become 0/1 columns; of more, their code is left out (their target means
    carry what they say). With `bent` a number also has a column per quartile, 1 at it and falling straight to 0 at
    its neighbours (a linear B-spline), so that a linear model may bend there.
    """

    bent: bool = False
    clip: float = 5.0
    """As models of earlier versions have it."""

    def __init__(self, categories: dict[int, int], bent: bool = False) -> None:
        self.categories = categories
        self.bent = bent

    def fit(self, matrix: np.ndarray) -> Self:
        self.one_hot = [(p, n) for p, n in self.categories.items() if n <= MOST_ONE_HOT]
        self.numbers = [p for p in range(matrix.shape[1]) if p not in self.categories]
        values = matrix[:, self.numbers].astype(np.float64)
        gaps = np.isnan(values)
        self.gappy = np.flatnonzero(gaps.any(axis=0))
        known = np.maximum((~gaps).sum(axis=0), 1)
        self.mean = np.nansum(values, axis=0) / known
        spread = np.sqrt(np.nansum((values - self.mean) ** 2, axis=0) / known)
        self.scale = np.where(spread > 1e-12, spread, 1.0)
        self.clip = _CLIP
        if self.bent:
            self.hats = _hats(self._scaled(values, gaps))
        return self

    def transform(self, matrix: np.ndarray) -> np.ndarray:
        values = matrix[:, self.numbers].astype(np.float64)
        gaps = np.isnan(values)
        scaled = self._scaled(values, gaps)
        hot = [matrix[:, [p]] == np.arange(n) for p, n in self.one_hot]
        bent = [self.hats.transform(scaled)] if self.bent else []
        return np.hstack([scaled, gaps[:, self.gappy], *hot, *bent]).astype(np.float64)

    def sources(self) -> list[int]:
        """The position in the matrix that each dense column came from."""
        gaps = [self.numbers[i] for i in self.gappy]
        bent = [self.numbers[i] for i in self.hats.columns.tolist()] if self.bent else []
        return self.numbers + gaps + [p for p, n in self.one_hot for _ in range(n)] + bent

    def _scaled(self, values: np.ndarray, gaps: np.ndarray) -> np.ndarray:
        return np.clip((np.where(gaps, self.mean, values) - self.mean) / self.scale, -self.clip, self.clip)


class Hats:
    """min(rise * x + start, fall * x + end), not below 0: one function of column `columns[i]` for each i."""

    def __init__(self, columns: list[int], lines: list[tuple[float, float, float, float]]) -> None:
        self.columns = np.array(columns, dtype=np.int64)
        self.rise, self.start, self.fall, self.end = np.array(lines, dtype=np.float64).reshape(-1, 4).T

    def transform(self, values: np.ndarray) -> np.ndarray:
        x = values[:, self.columns]
        return np.maximum(np.minimum(self.rise * x + self.start, self.fall * x + self.end), 0.0)


def _hats(values: np.ndarray) -> Hats:
    """At the quartiles of columns with more than a few different values."""
    columns: list[int] = []
    lines: list[tuple[float, float, float, float]] = []
    for column in range(min(values.shape[1], MOST_BENT)):
        known = np.unique(values[:, column])
        knots = np.unique(np.quantile(values[:, column], _CORNERS)).tolist() if len(known) > 4 else []
        if len(knots) > 2:
            columns += [column] * len(knots)
            lines += [_hat(knots, place) for place in range(len(knots))]
    return Hats(columns, lines)


def _hat(knots: list[float], place: int) -> tuple[float, float, float, float]:
    """Beyond the outermost knots the function stays at 1."""
    rise, start, fall, end = 0.0, 1.0, 0.0, 1.0
    if place > 0:
        rise = 1 / (knots[place] - knots[place - 1])
        start = -knots[place - 1] * rise
    if place < len(knots) - 1:
        fall = -1 / (knots[place + 1] - knots[place])
        end = -knots[place + 1] * fall
    return rise, start, fall, end

"""The matrix as linear models and neural networks want it: no gaps, one scale, a column per category."""

from typing import Self

import numpy as np

MOST_ONE_HOT = 30


class Dense:
    """Numbers are standardized and clipped at 5 deviations, gaps become the mean and a column of their own.

    Categories of at most 30 values become 0/1 columns; of more, their code is left out (their target means
    carry what they say).
    """

    def __init__(self, categories: dict[int, int]) -> None:
        self.categories = categories

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
        return self

    def transform(self, matrix: np.ndarray) -> np.ndarray:
        values = matrix[:, self.numbers].astype(np.float64)
        gaps = np.isnan(values)
        scaled = np.clip((np.where(gaps, self.mean, values) - self.mean) / self.scale, -5, 5)
        hot = [matrix[:, [p]] == np.arange(n) for p, n in self.one_hot]
        return np.hstack([scaled, gaps[:, self.gappy], *hot]).astype(np.float64)

    def sources(self) -> list[int]:
        """The position in the matrix that each dense column came from."""
        gaps = [self.numbers[i] for i in self.gappy]
        return self.numbers + gaps + [p for p, n in self.one_hot for _ in range(n)]

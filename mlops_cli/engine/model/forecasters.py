"""Forecasters of one step: given all values before a period, what does it bring? Repeated, they go any distance.

`values` is (n, periods) with NaN where nothing is known; `at` is the position of the period asked for. `series`
(n,) says which series the rows are; one beyond the last stands for a series not seen in training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mlops_cli.engine.model.members import Member
from mlops_cli.engine.model.periods import Periods

_SMALLEST = 1e-9


class Forecaster(Protocol):
    first: int
    """The period number of column 0."""

    def step(self, values: np.ndarray, known: np.ndarray, at: int, series: np.ndarray) -> np.ndarray:
        """(n,) values of period `at`; `known` is (n, width), the columns known beforehand."""
        ...

    def importances(self) -> np.ndarray | None: ...

    @property
    def reach(self) -> int:
        """How many periods back it looks."""
        ...


@dataclass(slots=True)
class MeanOf:
    """The mean of the values `lags` periods before: Naive, SeasonalNaive, Average and SeasonalAverage."""

    lags: list[int]
    first: int = 0

    def step(self, values: np.ndarray, known: np.ndarray, at: int, series: np.ndarray) -> np.ndarray:  # noqa: ARG002
        return _or_level(np.nanmean(_back(values, at, self.lags), axis=1), values[:, :at])

    def importances(self) -> np.ndarray | None:
        return None

    @property
    def reach(self) -> int:
        return max(self.lags)


@dataclass(slots=True)
class Smoothing:
    """Exponential smoothing with drift and additive season, close to the theta method.

    Source: Assimakopoulos and Nikolopoulos, "The theta model" (2000), in its form as simple exponential
    smoothing plus half the slope. `seasonal` is (series + 1, season), `slope` (series + 1,): the last row is the
    mean, for a series not seen.
    """

    alpha: float
    slope: np.ndarray
    seasonal: np.ndarray
    window: int
    first: int = 0

    def step(self, values: np.ndarray, known: np.ndarray, at: int, series: np.ndarray) -> np.ndarray:  # noqa: ARG002
        season = self.seasonal.shape[1]
        start = max(0, at - self.window)
        phases = (np.arange(start, at + 1) + self.first) % season
        seasonal = self.seasonal[series]
        past = values[:, start:at] - seasonal[:, phases[:-1]]
        weights = _fading(~np.isnan(past), self.alpha)
        level = np.nansum(past * weights, axis=1) / np.where(weights.any(axis=1), weights.sum(axis=1), np.nan)
        found = level + self.slope[series] / 2 / self.alpha + seasonal[:, phases[-1]]
        return _or_level(found, values[:, :at])

    def importances(self) -> np.ndarray | None:
        return None

    @property
    def reach(self) -> int:
        return self.window


@dataclass(slots=True)
class Recursive:
    """A regression on lags, rolling means, the calendar and known columns.

    `relative` is what the regression predicts the distance from: none, last (the value before), mean (of the
    longest window) or share (of that mean, and as a share of it: for series of different sizes).
    """

    member: Member
    lags: list[int]
    windows: list[int]
    relative: str
    periods: Periods
    first: int = 0

    def step(self, values: np.ndarray, known: np.ndarray, at: int, series: np.ndarray) -> np.ndarray:
        features, base = step_features(self, values, known[:, None], np.array([at]), series)
        found = self.member.predict(features)[:, 0] * self.unit(base) + base
        return _or_level(found, values[:, :at])

    def unit(self, base: np.ndarray) -> np.ndarray:
        """What distances from `base` are counted in."""
        size = np.abs(base)
        return np.where(size > _SMALLEST, size, 1.0) if self.relative == "share" else np.ones_like(base)

    def importances(self) -> np.ndarray | None:
        return self.member.importances()

    @property
    def reach(self) -> int:
        return max(self.lags + self.windows)


def step_features(
    shape: Any, values: np.ndarray, known: np.ndarray, at: np.ndarray, series: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Features (n * len(at), width) and base (n * len(at),); `known` is (n, len(at), k).

    `shape` has lags, windows, relative, unit, periods and first.
    """
    rows, count = len(values), len(at)
    lags = np.stack([_lagged(values, at - lag) for lag in shape.lags], axis=2)
    means = np.stack([_rolling(values, at, window) for window in shape.windows], axis=2)
    if shape.relative == "last":
        base = _lagged(values, at - 1)
    else:
        base = means[:, :, -1] if shape.relative in ("mean", "share") else np.zeros((rows, count))
    unit = shape.unit(base)[:, :, None]
    calendar = np.array([shape.periods.calendar(shape.first + t) for t in at.tolist()])
    calendar = np.broadcast_to(calendar, (rows, count, calendar.shape[1]))
    code = np.broadcast_to(series[:, None, None], (rows, count, 1))
    parts = [(lags - base[:, :, None]) / unit, (means - base[:, :, None]) / unit, calendar, code, known]
    features = np.concatenate(parts, axis=2).astype(np.float32)
    return features.reshape(rows * count, -1), base.reshape(-1)


def recur(
    forecaster: Forecaster,
    values: np.ndarray,
    known: np.ndarray,
    start: int,
    series: np.ndarray,
    before_step: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Predictions for the periods from `start` on, (n, periods - start); known values are never replaced.

    `before_step` may raise to end it.
    """
    values = values.copy()
    predicted = np.empty((len(values), values.shape[1] - start))
    for at in range(start, values.shape[1]):
        before_step()
        step = forecaster.step(values, known[:, at], at, series)
        predicted[:, at - start] = step
        values[:, at] = np.where(np.isnan(values[:, at]), step, values[:, at])
    return predicted


def _lagged(values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    found = values[:, np.maximum(positions, 0)]
    return np.where(positions >= 0, found, np.nan)


def _rolling(values: np.ndarray, at: np.ndarray, window: int) -> np.ndarray:
    """The mean of the `window` values before each position, as far as they are known."""
    seen = ~np.isnan(values)
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(np.where(seen, values, 0), axis=1)], axis=1)
    counts = np.concatenate([np.zeros((len(values), 1)), np.cumsum(seen, axis=1)], axis=1)
    low = np.maximum(at - window, 0)
    total, count = sums[:, at] - sums[:, low], counts[:, at] - counts[:, low]
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _fading(known: np.ndarray, alpha: float) -> np.ndarray:
    """Weights of the past, 1 for the newest value that is known, however long ago that was."""
    age = np.arange(known.shape[1])[::-1]
    newest = np.where(known, age, known.shape[1]).min(axis=1, initial=known.shape[1])
    return known * (1 - alpha) ** np.maximum(age - newest[:, None], 0)


def _back(values: np.ndarray, at: int, lags: list[int]) -> np.ndarray:
    return np.stack([_lagged(values, np.array([at - lag]))[:, 0] for lag in lags], axis=1)


def _or_level(step: np.ndarray, past: np.ndarray) -> np.ndarray:
    """A series too short for its lags gets its own mean, an empty one the mean of all."""
    if not np.isnan(step).any():
        return step
    seen = ~np.isnan(past)
    sums, counts = np.nansum(past, axis=1), seen.sum(axis=1)
    own = np.divide(sums, counts, out=np.full(len(past), np.nan), where=counts > 0)
    overall = sums.sum() / counts.sum() if counts.any() else np.nan
    return np.where(np.isnan(step), np.where(np.isnan(own), overall, own), step)

"""Fitting of forecasters to the values before an origin."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlops_cli.engine.automl.clock import Limits
from mlops_cli.engine.automl.fitdata import FitData, Parameters
from mlops_cli.engine.automl.fits import FoldAnswer
from mlops_cli.engine.automl.learners import available
from mlops_cli.engine.automl.timeline import Timeline
from mlops_cli.engine.model.forecasters import Forecaster, MeanOf, Recursive, Smoothing, recur, step_features
from mlops_cli.engine.model.periods import CALENDAR

BASELINES = ("Naive", "SeasonalNaive", "Average", "SeasonalAverage", "ExponentialSmoothing")
REGRESSIONS = ("LightGBM", "XGBoostRegressor", "ExtremeRandomTrees", "RandomForest", "ElasticNet")
_SHAPE = ("lags", "windows", "relative")
_FEATURES_A_STEP = 20
_ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)


@dataclass(slots=True)
class Past:
    """What is known at `origin`: the periods before it. `categories` are those among the known columns."""

    line: Timeline
    origin: int
    categories: dict[int, int]
    seed: int

    @property
    def values(self) -> np.ndarray:
        return self.line.values[:, : self.origin]


@dataclass(slots=True)
class ForecastFits:
    """`Fits` of a forecasting search: every trial forecasts `horizon` periods from each of `origins`."""

    line: Timeline
    origins: list[int]
    horizon: int
    categories: dict[int, int]
    seed: int

    @property
    def cells(self) -> int:
        return int(self.line.values.size * max(1, self.line.known.shape[2])) * _FEATURES_A_STEP

    @property
    def outputs(self) -> int:
        return 1

    @property
    def side_by_side(self) -> int:
        return 1

    def judge(self, algorithm: str, parameters: Parameters, limits: Limits) -> list[FoldAnswer]:
        waves = limits.waves(len(self.origins), self.line.values.size)

        def one(origin: int) -> FoldAnswer:
            started = time.time()
            forecaster = self._fit(origin, algorithm, parameters, waves.next())
            seconds = time.time() - started
            return FoldAnswer(self._forecast(forecaster, origin, limits), 0, seconds, {})

        return waves.map(one, self.origins)

    def final(
        self, algorithm: str, parameters: Parameters, _rounds: int | None, limits: Limits
    ) -> Forecaster:
        return self._fit(self.line.values.shape[1], algorithm, parameters, limits)

    def _fit(self, origin: int, algorithm: str, parameters: Parameters, limits: Limits) -> Forecaster:
        return fit_forecaster(
            Past(self.line, origin, self.categories, self.seed), algorithm, parameters, limits
        )

    def _forecast(self, forecaster: Forecaster, origin: int, limits: Limits) -> np.ndarray:
        stop = origin + self.horizon
        values = self.line.values[:, :stop].copy()
        values[:, origin:] = np.nan
        series = np.arange(len(values))
        return recur(forecaster, values, self.line.known[:, :stop], origin, series, limits.check)


def fit_forecaster(past: Past, algorithm: str, parameters: Parameters, limits: Limits) -> Forecaster:
    if algorithm in REGRESSIONS:
        return _fit_recursive(past, algorithm, parameters, limits)
    if algorithm == "ExponentialSmoothing":
        return _fit_smoothing(past.values, past.line.periods.season)
    return MeanOf(list(parameters["lags"]))


def _fit_recursive(past: Past, algorithm: str, parameters: Parameters, limits: Limits) -> Recursive:
    lags, windows, relative = (parameters[k] for k in _SHAPE)
    shape: Any = Recursive(None, lags, windows, relative, past.line.periods)  # type: ignore[arg-type]
    at = np.arange(1, past.origin)
    matrix, base = step_features(
        shape, past.values, past.line.known[:, 1 : past.origin], at, np.arange(len(past.values))
    )
    y = (past.values[:, 1:].reshape(-1) - base) / shape.unit(base)
    rows = ~np.isnan(y) & past.line.seen[:, 1 : past.origin].reshape(-1)
    positions = _category_positions(parameters, past)
    plain = {k: v for k, v in parameters.items() if k not in (*_SHAPE, "rounds")}
    data = FitData(matrix[rows], y[rows], 1, positions, past.seed, rounds=parameters.get("rounds"))
    shape.member, _ = available("regression")[algorithm](data, plain, limits)
    return shape


def _category_positions(parameters: Parameters, past: Past) -> dict[int, int]:
    """Positions of the series' code and of the known categories among the features of a step."""
    code = len(parameters["lags"]) + len(parameters["windows"]) + len(CALENDAR)
    return {code: len(past.values)} | {code + 1 + p: count for p, count in past.categories.items()}


def _fit_smoothing(values: np.ndarray, season: int) -> Smoothing:
    """Season and slope by least squares, the smoothing factor by its errors one step ahead."""
    season = season if values.shape[1] >= 2 * season else 1
    seasonal = _seasonal(values, season)
    slope = np.array([_slope(row) for row in values - seasonal[:, np.arange(values.shape[1]) % season]])
    slope, seasonal = np.append(slope, slope.mean()), np.vstack([seasonal, seasonal.mean(axis=0)])
    window = min(values.shape[1], 200)
    tried = [Smoothing(alpha, slope * alpha, seasonal, window) for alpha in _ALPHAS]
    return min(tried, key=lambda s: _one_step_error(s, values))


def _one_step_error(smoothing: Smoothing, values: np.ndarray) -> float:
    at = range(max(2, values.shape[1] - 60), values.shape[1])
    known, series = np.empty((len(values), 0)), np.arange(len(values))
    errors = [smoothing.step(values, known, t, series) - values[:, t] for t in at]
    return float(np.nanmean(np.square(errors))) if errors else 0.0


def _seasonal(values: np.ndarray, season: int) -> np.ndarray:
    if season == 1:
        return np.zeros((len(values), 1))
    phases = np.arange(values.shape[1]) % season
    means = np.stack([np.nanmean(values[:, phases == p], axis=1) for p in range(season)], axis=1)
    return np.nan_to_num(means - np.nanmean(means, axis=1, keepdims=True))


def _slope(row: np.ndarray) -> float:
    seen = np.flatnonzero(~np.isnan(row))
    return float(np.polyfit(seen, row[seen], 1)[0]) if len(seen) > 2 else 0.0

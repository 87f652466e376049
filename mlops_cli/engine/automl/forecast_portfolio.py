"""What a forecasting search tries: baselines first, then recursive regressions of several shapes."""

import numpy as np

from mlops_cli.domain.training import ForecastSettings
from mlops_cli.engine.automl.fitdata import Parameters
from mlops_cli.engine.automl.portfolio import Candidate

MOST_CANDIDATES = 60
_LIGHTGBM = {"learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 10, "feature_fraction": 0.7,
             "bagging_fraction": 0.8, "bagging_freq": 1, "rounds": 200}  # fmt: skip
_XGBOOST = {"eta": 0.05, "max_depth": 4, "subsample": 0.8, "colsample_bytree": 0.6, "rounds": 200}
_FOREST = {"n_estimators": 100, "min_samples_leaf": 2, "max_features": 0.5}
_ELASTIC_NET = {"alpha": 0.01, "l1_ratio": 0.5}


def forecast_portfolio(
    settings: ForecastSettings, season: int, history: int, names: list[str]
) -> list[Candidate]:
    shape = _shape(settings, season, history)
    means = [season * k for k in range(1, 5) if season * k < history] or [1]
    order: list[Candidate] = [
        ("SeasonalNaive", {"lags": [min(season, history - 1)]}),
        ("LightGBM", {**shape, "relative": "mean", **_LIGHTGBM}),
        ("LightGBM", {**shape, "relative": "share", **_LIGHTGBM}),
        ("LightGBM", {**shape, "relative": "none", **_LIGHTGBM}),
        ("LightGBM", {**shape, "relative": "last", **_LIGHTGBM}),
        ("ExponentialSmoothing", {}),
        ("ElasticNet", {**shape, "relative": "mean", **_ELASTIC_NET}),
        ("ExtremeRandomTrees", {**shape, "relative": "mean", **_FOREST}),
        ("Naive", {"lags": [1]}),
        ("SeasonalAverage", {"lags": means}),
        ("Average", {"lags": list(range(1, min(2 * season + 1, history)))}),
        ("XGBoostRegressor", {**shape, "relative": "mean", **_XGBOOST}),
        ("ExtremeRandomTrees", {**shape, "relative": "none", **_FOREST}),
        ("RandomForest", {**shape, "relative": "mean", **_FOREST}),
    ]
    return [(name, parameters) for name, parameters in order if name in names]


def forecast_candidate(index: int, first: list[Candidate], seed: int) -> Candidate | None:
    if index < len(first):
        return first[index]
    shaped = [p for n, p in first if n == "LightGBM"]
    if index >= MOST_CANDIDATES or not shaped:
        return None
    random = np.random.default_rng([seed, index])
    shape = {k: shaped[0][k] for k in ("lags", "windows")}
    return "LightGBM", {**shape, **_random(random)}


def _random(random: np.random.Generator) -> Parameters:
    rate = float(random.choice([0.03, 0.05, 0.1]))
    return {
        "relative": str(random.choice(["none", "last", "mean", "share"])),
        "learning_rate": rate,
        "rounds": round(float(random.uniform(5, 20)) / rate),
        "num_leaves": int(random.integers(4, 32)),
        "min_data_in_leaf": int(random.integers(3, 30)),
        "feature_fraction": round(float(random.uniform(0.4, 1.0)), 2),
        "bagging_fraction": round(float(random.uniform(0.6, 1.0)), 2),
        "bagging_freq": 1,
        "lambda_l2": round(float(np.exp(random.uniform(-3, 3))), 3),
    }


def _shape(settings: ForecastSettings, season: int, history: int) -> Parameters:
    """Lags and rolling windows: those asked for, else recent values and whole seasons."""
    cycle = season if season > 1 else 4
    lags = settings.target_lags
    chosen = (
        sorted({1, 2, 3, cycle, 2 * cycle, 3 * cycle, 4 * cycle}) if lags == "auto" else sorted(set(lags))
    )
    windows = (
        [settings.target_rolling_window_size] if settings.target_rolling_window_size else [cycle, 4 * cycle]
    )
    return {"lags": [lag for lag in chosen if lag < history] or [1], "windows": windows}

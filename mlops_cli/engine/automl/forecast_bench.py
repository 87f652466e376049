"""Forecasting: every trial forecasts from several past origins; all know only what came before."""

import time
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops_cli.domain.training import ForecastSettings, TrainSettings
from mlops_cli.engine.automl.clock import Clock, Limits
from mlops_cli.engine.automl.fitdata import Parameters
from mlops_cli.engine.automl.fits import Fits
from mlops_cli.engine.automl.forecast_fit import BASELINES, REGRESSIONS, ForecastFits
from mlops_cli.engine.automl.forecast_portfolio import forecast_candidate, forecast_portfolio
from mlops_cli.engine.automl.learners import chosen
from mlops_cli.engine.automl.metrics import regression_metrics
from mlops_cli.engine.automl.problem import read_problem
from mlops_cli.engine.automl.proposals import Seen
from mlops_cli.engine.automl.schemas import forecast_schema
from mlops_cli.engine.automl.timeline import lay_out
from mlops_cli.engine.automl.trials import Outcome, Trial
from mlops_cli.engine.model.ensembles import Stack, Vote
from mlops_cli.engine.model.features import Encoder
from mlops_cli.engine.model.forecast import ForecastModel
from mlops_cli.engine.model.forecasters import Forecaster
from mlops_cli.errors import DataError, UsageError
from mlops_cli.status import RunStatus

if TYPE_CHECKING:
    import pandas

_MOST_ORIGINS = 5
_MOST_REMEMBERED = 1_000


class ForecastBench:
    """Raises DataError when the series are too short for the horizon."""

    def __init__(
        self, data: "pandas.DataFrame", settings: TrainSettings, validation: "pandas.DataFrame | None" = None
    ) -> None:
        forecasting = _forecasting(data, settings)
        self.settings = settings
        self.metric = settings.metric()
        self.names = chosen(settings, BASELINES + REGRESSIONS)
        self.problem = read_problem(_followed(data, validation), settings)
        self.rows = len(data)
        self.weights: np.ndarray | None = None
        self.notes = self.problem.notes
        self.horizon = forecasting.forecast_horizon
        own = [forecasting.time_column_name, *forecasting.time_series_id_column_names]
        self.encoder = Encoder.fit(self.problem.features.drop(columns=own), settings.featurization)
        self.line = lay_out(self.problem.features, self.problem.y, self.encoder, forecasting)
        judged = None if validation is None else validation[forecasting.time_column_name].nunique()
        self.origins = self._origins(judged)
        self.fits: Fits = ForecastFits(
            self.line, self.origins, self.horizon, self.encoder.categories, settings.seed
        )
        self.built: dict[int, Forecaster] = {}
        self.portfolio_size = len(self._portfolio())
        self.truth = np.concatenate([self._truth(origin) for origin in self.origins])
        self.known = ~np.isnan(self.truth)

    @property
    def y(self) -> np.ndarray:
        return self.truth[self.known]

    def judging(self) -> dict[str, np.ndarray]:
        names = [", ".join(map(str, key)) or self.problem.label for key in self.line.series]
        ahead = np.arange(self.horizon)
        at = np.stack([np.tile(origin + ahead, (len(names), 1)) for origin in self.origins])
        moments = {
            t: self.line.periods.moment(t).replace(tzinfo=UTC).timestamp() for t in np.unique(at).tolist()
        }
        times = np.vectorize(moments.__getitem__, otypes=[float])(at)
        series = np.broadcast_to(np.array(names)[None, :, None], at.shape)
        origins = np.broadcast_to(np.array(self.origins)[:, None, None], at.shape)
        told = {"time": times, "series": series, "origin": origins}
        return {"y": self.y} | {name: each.reshape(-1)[self.known] for name, each in told.items()}

    @property
    def classes(self) -> int:
        return 0

    def candidate(self, index: int, _seen: Sequence[Seen]) -> tuple[str, Parameters] | None:
        return forecast_candidate(index, self._portfolio(), self.settings.seed)

    def _portfolio(self) -> list[tuple[str, Parameters]]:
        assert self.settings.forecasting is not None
        return forecast_portfolio(
            self.settings.forecasting, self.line.periods.season, self.origins[-1], self.names
        )

    def trial(self, index: int, algorithm: str, parameters: Parameters, limits: Limits) -> Outcome:
        started = time.time()
        answers, _, seconds, *_ = zip(*self.fits.judge(algorithm, parameters, limits), strict=True)
        folds = [self._fold_metric(o, a) for o, a in zip(self.origins, answers, strict=True)]
        whole = np.concatenate([a.reshape(-1) for a in answers])[self.known][:, None]
        duration = round(time.time() - started, 3)
        metrics = self.metrics(whole)
        trial = Trial(index, algorithm, parameters, metrics, duration, RunStatus.COMPLETED, None, folds)
        return Outcome(trial, index, whole, [], max(seconds))

    def metrics(self, answers: np.ndarray) -> dict[str, float]:
        return self._metrics(self.y, answers[:, 0])

    def score(self, answers: np.ndarray, rows: np.ndarray) -> float:
        return self._metrics(self.y[rows], answers[:, 0]).get(self.metric, float("nan"))

    def build(
        self, members: list[Outcome], mix: Vote | Stack, clock: Clock, anew: frozenset[int] = frozenset()
    ) -> ForecastModel:
        line, end = self.line, self.line.values.shape[1]
        limits = Limits(time.time() + max(clock.left(), 1.0), clock.cores, soft=not anew)
        missing = [o for o in members if o.trial.iteration not in self.built]
        waves = limits.waves(len(missing), line.values.size)

        def one(outcome: Outcome) -> Forecaster:
            trial = outcome.trial
            forecaster: Forecaster = self.fits.final(trial.algorithm, trial.parameters, None, waves.next())
            return forecaster

        made = zip(missing, waves.map(one, missing), strict=True)
        self.built |= {outcome.trial.iteration: forecaster for outcome, forecaster in made}
        fitted = [self.built[o.trial.iteration] for o in members]
        reach = max(f.reach for f in fitted)
        keep = min(end, max(reach + self.horizon, 4 * line.periods.season, self._since_ends() + reach))
        for forecaster in fitted:
            forecaster.first = end - keep
        schema = forecast_schema(self.problem, line, self.encoder, self.settings)
        return ForecastModel(
            schema,
            line.periods,
            line.date_format,
            self.encoder,
            line.series,
            line.values[:, end - keep :],
            line.known[:, end - keep :],
            end - keep,
            fitted,
            mix,
        )

    def _since_ends(self) -> int:
        """How long ago the series ended that ended first, as far as that is worth remembering."""
        last = self.line.values.shape[1] - np.argmax(self.line.seen[:, ::-1], axis=1)
        return min(self.line.values.shape[1] - int(last.min()), _MOST_REMEMBERED)

    def featurization(self) -> list[dict[str, Any]]:
        used = [
            {"column": c.name, "purpose": c.purpose, "features": len(c.outputs)} for c in self.encoder.columns
        ]
        return used + [
            {"column": d.name, "purpose": "dropped", "reason": d.reason} for d in self.encoder.dropped
        ]

    def _fold_metric(self, origin: int, answers: np.ndarray) -> float:
        truth = self._truth(origin)
        rows = ~np.isnan(truth)
        if not rows.any():
            return float("nan")
        return self._metrics(truth[rows], answers.reshape(-1)[rows]).get(self.metric, float("nan"))

    def _truth(self, origin: int) -> np.ndarray:
        """NaN where there was no row: what bridges a gap judges nobody."""
        ahead = slice(origin, origin + self.horizon)
        return np.where(self.line.seen[:, ahead], self.line.values[:, ahead], np.nan).reshape(-1)

    def _metrics(self, y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
        low, high = float(self.problem.y.min()), float(self.problem.y.max())
        found = regression_metrics(y, predicted, low, high)
        return {name: value for name, value in found.items() if np.isfinite(value)}

    def _origins(self, judged: int | None) -> list[int]:
        """The last ones, a horizon apart; at least twice the horizon stays before the first. Of `judged` periods
        at the end that are given to judge, all whole horizons."""
        end, h = self.line.values.shape[1], self.horizon
        usual = self.settings.n_cross_validations or _MOST_ORIGINS
        wanted = usual if judged is None else max(1, judged // h)
        count = min(wanted, (end - max(2 * h, 8)) // h)
        if count < 1:
            hint = "give more rows or a shorter forecasting.forecast_horizon"
            raise DataError(f"{end} periods are too few for a horizon of {h}", hint=hint)
        return [end - h * back for back in range(count, 0, -1)]


def _followed(data: "pandas.DataFrame", validation: "pandas.DataFrame | None") -> "pandas.DataFrame":
    """A forecast goes on from the last values that are known: the periods that judge are part of the series."""
    if validation is None:
        return data
    import pandas as pd

    if missing := [name for name in data.columns if name not in validation.columns]:
        raise DataError(f"the validation data has no column '{missing[0]}'")
    return pd.concat([data, validation[list(data.columns)]], ignore_index=True)


def _forecasting(data: "pandas.DataFrame", settings: TrainSettings) -> ForecastSettings:
    if settings.forecasting is None:
        hint = "name the time column: train.forecasting.time_column_name"
        raise UsageError("forecasting needs the section train.forecasting", hint=hint)
    names = [settings.forecasting.time_column_name, *settings.forecasting.time_series_id_column_names]
    missing = [name for name in names if name not in data.columns]
    if missing:
        raise DataError(
            f"there is no column '{missing[0]}'", hint=f"columns: {', '.join(map(str, data.columns))}"
        )
    return settings.forecasting

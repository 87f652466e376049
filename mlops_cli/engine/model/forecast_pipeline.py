"""A trained forecaster with the face that Azure AutoML's forecasting models show."""

from collections.abc import Iterator, Sequence
from copy import copy
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops_cli.engine.model.pipeline import Featurizer, FittedPipeline, entry

if TYPE_CHECKING:
    import pandas

FORECAST_COLUMN = "_automl_target_col"
NO_GRAIN = "_automl_dummy_grain_col"
ORIGIN = "origin"


class TimeSeriesFeaturizer(Featurizer):
    """The first step of a forecast. What it takes from time, series and past values is named, not a number."""

    def __init__(self, model: Any) -> None:
        super().__init__(model.encoder)
        self.schema = model.schema

    def get_engineered_feature_names(self) -> list[str]:
        schema = self.schema
        own = [f"past values of {schema.label}", str(schema.time_column), *schema.grain_columns]
        return own + super().get_engineered_feature_names()

    def get_featurization_summary(self, is_user_friendly: bool = True) -> list[dict[str, Any]]:
        own = [entry(str(self.schema.time_column), "date", 1)]
        own += [entry(name, "category", 1) for name in self.schema.grain_columns]
        return own + super().get_featurization_summary(is_user_friendly)


class ForecastPipeline(FittedPipeline):
    """What `AutoMLRun.get_output()` returns of a forecasting run beside the child."""

    forecast_origin_column_name = "_automl_forecast_origin"
    forecast_column_name = "_automl_forecast_y"
    actual_column_name = "_automl_actual_y"

    def __init__(self, model: Any, algorithm: str) -> None:
        super().__init__(model, algorithm)
        self.quantiles: Sequence[float] = [0.5]
        self.time_column_name: str = self.schema.time_column
        self.grain_column_names: list[str] = self.schema.grain_columns
        self.target_column_name: str = self.schema.label
        self.max_horizon: int = self.schema.horizon

    def _first_step(self) -> tuple[str, Featurizer]:
        return "timeseriestransformer", TimeSeriesFeaturizer(self.model)

    def forecast(
        self,
        X_pred: "pandas.DataFrame | None" = None,
        y_pred: Any = None,
        forecast_destination: Any = None,
        ignore_data_errors: bool = False,  # noqa: ARG002 Azure's signature
    ) -> tuple[np.ndarray, "pandas.DataFrame"]:
        """The forecasts, and the rows with them as a column more, under time, series and origin (the last period
        that is known) as their index. Values of `y_pred` that are known stay as they are, and what follows goes on
        from them. Without `X_pred` every series is forecast from its history on,
        for a horizon or up to `forecast_destination`, to which rows that are given are lengthened as well."""
        rows = self._lengthened(X_pred, forecast_destination)
        actuals = _floats(y_pred, len(rows))
        values = np.where(np.isnan(actuals), self.model.predict(rows, actuals), actuals)
        return values, self._under_time(rows, actuals).assign(**{FORECAST_COLUMN: values})

    def _under_time(self, rows: "pandas.DataFrame", actuals: np.ndarray) -> "pandas.DataFrame":
        import pandas as pd

        origin = self.model.periods.moment(self.model.first + self._known(rows, actuals))
        series: dict[str, Any] = {name: rows[name] for name in self.grain_column_names}
        series = series or {NO_GRAIN: NO_GRAIN}
        time = pd.to_datetime(rows[self.time_column_name])
        keys = pd.DataFrame({self.time_column_name: time, **series, ORIGIN: origin}, index=rows.index)
        left = rows.drop(columns=[self.time_column_name, *self.grain_column_names])
        return left.set_index(pd.MultiIndex.from_frame(keys))

    def _known(self, rows: "pandas.DataFrame", actuals: np.ndarray) -> int:
        """The last period whose label is known, counted from the first of the history."""
        _, _, at = self.model.window(rows)
        return int(at[~np.isnan(actuals)].max(initial=self.model.history.shape[1] - 1))

    def _lengthened(self, rows: "pandas.DataFrame | None", destination: Any) -> "pandas.DataFrame":
        """The rows with those that follow them up to `destination`; nothing is known of them but time and series."""
        import pandas as pd

        if rows is not None and destination is None:
            return rows
        number, moment = self.model.periods.number, self.model.periods.moment
        last = self.model.first + self.model.history.shape[1] - 1
        if rows is not None:
            last = number(pd.to_datetime(rows[self.time_column_name]).max())
        end = last + self.max_horizon if destination is None else number(pd.Timestamp(destination))
        names = [*self.grain_column_names, self.time_column_name]
        more = [[*key, moment(at)] for key in self.model.series for at in range(last + 1, end + 1)]
        return pd.concat([rows, pd.DataFrame(more, columns=names)], ignore_index=True)

    def answer(self, rows: Any, quantiles: Sequence[float] = ()) -> dict[str, Any]:
        """Azure writes the quantiles of a row as one text, `[low, high]`."""
        found = super().answer(rows)
        if not quantiles:
            return found
        import pandas as pd

        asked = copy(self)
        asked.quantiles = quantiles
        told = asked.forecast_quantiles(pd.DataFrame(rows))[list(quantiles)].to_numpy()
        return found | {"prediction_interval": [f"[{', '.join(map(str, row))}]" for row in told.tolist()]}

    def forecast_quantiles(
        self,
        X_pred: "pandas.DataFrame",
        y_pred: Any = None,
        forecast_destination: Any = None,  # noqa: ARG002
        ignore_data_errors: bool = False,  # noqa: ARG002
    ) -> "pandas.DataFrame":
        """Time, series, and a column for each of `quantiles`: errors are taken as normal, and grow with the root
        of the distance."""
        actuals, (_, _, at) = _floats(y_pred, len(X_pred)), self.model.window(X_pred)
        away = np.maximum(at - self._known(X_pred, actuals), 1)
        width = self.model.spread() * np.sqrt(away) * np.isnan(actuals)
        values, _ = self.forecast(X_pred, y_pred)
        found = {q: values + NormalDist().inv_cdf(q) * width for q in self.quantiles}
        shown = X_pred[[self.time_column_name, *self.grain_column_names]].copy()
        for quantile, numbers in found.items():
            shown[quantile] = numbers
        return shown

    def rolling_forecast(
        self,
        X_pred: "pandas.DataFrame",
        y_pred: Any,
        step: int = 1,
        ignore_data_errors: bool = False,  # noqa: ARG002
    ) -> "pandas.DataFrame":
        """Forecasts of whole horizons from one origin after the other, `step` periods apart: the rows that each
        is for, with the origin, the forecast and what has come."""
        import pandas as pd

        return pd.concat(list(self._rolled(X_pred, y_pred, step)), ignore_index=True)

    def rolling_evaluation(
        self,
        X_pred: "pandas.DataFrame",
        y_pred: Any,
        ignore_data_errors: bool = False,  # noqa: ARG002
    ) -> tuple[np.ndarray, "pandas.DataFrame"]:
        """Every row forecast once, horizon after horizon; the rows with the origin of each."""
        import pandas as pd

        rolled = pd.concat(list(self._rolled(X_pred, y_pred, self.max_horizon, rest=True))).loc[X_pred.index]
        origins = rolled[self.forecast_origin_column_name].to_numpy()
        return rolled[self.forecast_column_name].to_numpy(), X_pred.assign(horizon_origin=origins)

    def _rolled(
        self, rows: "pandas.DataFrame", y: Any, step: int, rest: bool = False
    ) -> "Iterator[pandas.DataFrame]":
        """One table for each origin; with `rest` also of a horizon that the rows do not fill."""
        actuals, (_, _, at) = _floats(y, len(rows)), self.model.window(rows)
        first, end = int(at.min()), int(at.max()) + 1
        last = end if rest else max(first + 1, end - self.max_horizon + 1)
        for start in range(first, last, step):
            come = np.where(at < start, actuals, np.nan)
            asked = (at >= start) & (at < start + self.max_horizon)
            told = {
                self.forecast_origin_column_name: self.model.periods.moment(self.model.first + start - 1),
                self.forecast_column_name: np.array(self.model.predict(rows, come))[asked],
                self.actual_column_name: actuals[asked],
            }
            yield rows[asked].assign(**told)


def _floats(values: Any, count: int) -> np.ndarray:
    """What is known of `count` rows; nothing where `values` are None."""
    given = np.array([]) if values is None else np.asarray(values, dtype=np.float64).reshape(-1)
    return np.pad(given, (0, max(0, count - len(given))), constant_values=np.nan)

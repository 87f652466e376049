"""The forecasting model as notebooks use it: known values, rolling origins, quantiles."""

import numpy as np
import pandas as pd
import pytest

from mlops_cli.domain.training import ForecastSettings
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.model.folder import load
from mlops_cli.engine.model.forecast_pipeline import ForecastPipeline
from tests.automl.tables import sales, settings

HORIZON = 7
DAYS = [f"2024-05-{day}" for day in range(16, 30)]


@pytest.fixture(scope="module")
def naive(tmp_path_factory: pytest.TempPathFactory) -> ForecastPipeline:
    """Forecasts what the day before has brought: who knows what is easily seen."""
    folder = tmp_path_factory.mktemp("search")
    line = ForecastSettings("day", HORIZON, ["store"])
    chosen = settings("sold", 1, task="forecasting", forecasting=line, allowed_models=["Naive"])
    run_automl(sales().query("day < '2024-05-16'"), chosen, folder)
    return ForecastPipeline(load(folder / "model"), "Naive")


@pytest.fixture
def future() -> pd.DataFrame:
    return sales().query("day >= '2024-05-16'").reset_index(drop=True)


def last_before(day: str, store: str) -> float:
    frame = sales().query(f"day < '{day}' and store == '{store}'")
    return float(frame["sold"].iloc[-1])


def test_known_values_stay_and_the_rest_goes_on_from_them(
    naive: ForecastPipeline, future: pd.DataFrame
) -> None:
    known = np.where(future["day"] < DAYS[3], 1000.0, np.nan)
    values, shown = naive.forecast(future.drop(columns="sold"), known)
    assert set(values) == {1000.0}
    assert shown["_automl_target_col"].tolist() == values.tolist()
    fresh, _ = naive.forecast(future.drop(columns="sold"))
    assert sorted(set(fresh)) == sorted(last_before(DAYS[0], store) for store in ("north", "south"))


def test_forecasts_are_put_beside_what_came_by_their_index(
    naive: ForecastPipeline, future: pd.DataFrame
) -> None:
    """As the notebooks do, whose tables of what came hold moments."""
    came = future.assign(day=pd.to_datetime(future["day"]))
    known = np.where(future["day"] < DAYS[1], 1000.0, np.nan)
    values, shown = naive.forecast(came.drop(columns="sold"), known)
    assert shown.index.names == ["day", "store", "origin"]
    assert set(shown.index.get_level_values("origin")) == {pd.Timestamp(DAYS[0])}
    beside = pd.DataFrame({"forecast": values}, index=shown.index).reset_index().merge(came, how="right")
    pd.testing.assert_series_equal(beside["forecast"], pd.Series(values), check_names=False)


def test_rolling_origins_know_what_came_before_them(naive: ForecastPipeline, future: pd.DataFrame) -> None:
    y = future.pop("sold").to_numpy()
    found = naive.rolling_forecast(
        future.sample(frac=1, random_state=2), y[future.sample(frac=1, random_state=2).index]
    )
    assert len(found) == 8 * HORIZON * 2
    for origin, rows in found.groupby(naive.forecast_origin_column_name):
        first = rows["day"].min()
        assert str((origin + pd.Timedelta(days=1)).date()) == first
        expected = rows["store"].map(lambda store, first=first: last_before(first, store))
        assert rows[naive.forecast_column_name].tolist() == expected.tolist()
    actual = sales().set_index(["day", "store"])["sold"]
    assert found[naive.actual_column_name].tolist() == [
        actual[key] for key in zip(found.day, found.store, strict=True)
    ]
    assert len(naive.rolling_forecast(future, y, step=7)) == 2 * HORIZON * 2


def test_every_row_is_evaluated_once(naive: ForecastPipeline, future: pd.DataFrame) -> None:
    y = future.pop("sold").to_numpy()
    late = (future["day"] <= DAYS[10]).to_numpy()
    values, shown = naive.rolling_evaluation(future[late], y[late].reshape(-1, 1))
    days = [DAYS[0] if day < DAYS[7] else DAYS[7] for day in future["day"][late]]
    assert values.tolist() == [last_before(d, s) for d, s in zip(days, future["store"][late], strict=True)]
    assert shown["horizon_origin"].nunique() == 2


def test_quantiles_surround_the_forecast_and_widen(naive: ForecastPipeline, future: pd.DataFrame) -> None:
    naive.quantiles = [0.05, 0.5, 0.95]
    asked = future.drop(columns="sold")
    found = naive.forecast_quantiles(asked)
    assert list(found.columns) == ["day", "store", 0.05, 0.5, 0.95]
    np.testing.assert_allclose(found[0.5], naive.forecast(asked)[0])
    width = (found[0.95] - found[0.05]).to_numpy()[:14]
    np.testing.assert_allclose(width / width[0], np.sqrt(np.arange(1, 15)))
    errors = sales()["sold"].groupby(sales()["store"]).diff().dropna()
    assert width[0] == pytest.approx(2 * 1.645 * np.sqrt((errors**2).mean()), rel=0.3)


def test_what_is_known_has_no_width(naive: ForecastPipeline, future: pd.DataFrame) -> None:
    naive.quantiles = [0.1, 0.9]
    known = np.where(future["day"] < DAYS[2], future["sold"], np.nan)
    found = naive.forecast_quantiles(future.drop(columns="sold"), known)
    width = (found[0.9] - found[0.1]).to_numpy()[:4]
    assert width[:2].tolist() == [0, 0]
    assert width[3] == pytest.approx(width[2] * np.sqrt(2))


def test_without_rows_every_series_is_forecast_from_its_history_on(naive: ForecastPipeline) -> None:
    values, shown = naive.forecast()
    assert len(values) == 2 * HORIZON
    assert shown.reset_index().groupby("store")["day"].min().tolist() == [pd.Timestamp(DAYS[0])] * 2
    until, _ = naive.forecast(forecast_destination=DAYS[2])
    assert len(until) == 2 * 3


def test_rows_are_lengthened_up_to_the_destination(naive: ForecastPipeline, future: pd.DataFrame) -> None:
    first = future[future["day"] == DAYS[0]].drop(columns="sold")
    values, shown = naive.forecast(first, [1000.0] * len(first), forecast_destination=DAYS[1])
    assert values.tolist() == [1000.0] * 4
    assert len(shown) == 4

"""Forecasts of several series with a column known beforehand."""

import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.domain.schema import check_rows
from mlops_cli.domain.training import ForecastSettings
from mlops_cli.engine.automl.clock import Limits, OutOfTimeError
from mlops_cli.engine.automl.search import AutoMLResult, make_bench, run_automl
from mlops_cli.engine.automl.timeline import periods_of
from mlops_cli.engine.automl.workdir import judged_of
from mlops_cli.engine.model.folder import load
from mlops_cli.engine.model.forecast import ForecastModel
from mlops_cli.engine.model.periods import Periods
from mlops_cli.errors import DataError
from mlops_cli.status import RunStatus
from tests.automl.tables import sales, settings

HORIZON = 14
FORECASTING = ForecastSettings("day", HORIZON, ["store"])
ALL = ["SeasonalNaive", "LightGBM", "ExponentialSmoothing", "ElasticNet", "ExtremeRandomTrees", "Naive",
       "SeasonalAverage", "Average", "XGBoostRegressor", "RandomForest"]  # fmt: skip


def split() -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = sales(150)
    late = frame["day"] >= sorted(frame["day"].unique())[-HORIZON]
    return frame[~late].reset_index(drop=True), frame[late].reset_index(drop=True)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[AutoMLResult, ForecastModel]:
    chosen = settings("sold", 14, task="forecasting", forecasting=FORECASTING, allowed_models=ALL)
    result = run_automl(split()[0], chosen, tmp_path_factory.mktemp("search"))
    assert result.model_folder is not None
    return result, load(result.model_folder)


def test_every_kind_of_forecaster_is_tried_and_the_signal_found(trained: tuple) -> None:
    result, model = trained
    assert {t.algorithm for t in result.leaderboard} >= {*ALL, "VotingEnsemble"}
    future = split()[1]
    errors = np.abs(np.array(model.predict(future.drop(columns="sold"))) - future["sold"])
    naive = np.abs(future.groupby("store")["sold"].transform("mean") - future["sold"])
    assert errors.mean() < 0.5 * naive.mean()


def test_answers_keep_the_order_of_the_rows(trained: tuple) -> None:
    _, model = trained
    future = split()[1].drop(columns="sold")
    shuffled = future.sample(frac=1, random_state=1)
    straight = pd.Series(model.predict(future), index=future.index)
    assert model.predict(shuffled) == pytest.approx(straight[shuffled.index].tolist())


def test_the_known_column_of_the_payload_is_used(trained: tuple) -> None:
    _, model = trained
    row = split()[1].drop(columns="sold").iloc[0].to_dict()
    with_promotion, without = (model.predict([row | {"promotion": p}])[0] for p in (1, 0))
    assert with_promotion > without + 5


def test_the_answer_carries_dates_as_milliseconds_and_the_series(trained: tuple) -> None:
    _, model = trained
    row = {"day": "2024-06-01", "store": "south", "promotion": 0}
    answer = model.answer([row])
    assert answer["index"] == [{"day": 1717200000000, "store": "south"}]
    assert len(answer["forecast"]) == 1


def test_the_example_of_the_schema_can_be_forecast(trained: tuple) -> None:
    _, model = trained
    assert check_rows(model.schema, model.schema.example) == []
    assert model.schema.example[0]["day"] == "2024-05-16"
    assert len(model.predict(model.schema.example)) == 2


def test_distant_past_and_unknown_series_are_answered(trained: tuple) -> None:
    _, model = trained
    rows = [
        {"day": "2024-07-20", "store": "north", "promotion": 0},
        {"day": "2024-03-01", "store": "north", "promotion": 0},
        {"day": "2024-06-01", "store": "west", "promotion": 0},
        {"day": "2024-06-01", "store": "north"},
    ]
    assert np.isfinite(model.predict(rows)).all()


@pytest.mark.parametrize("day", ["soon", None, "9999-01-01"])
def test_a_time_that_cannot_be_forecast_is_refused(trained: tuple, day: str | None) -> None:
    with pytest.raises(DataError, match="row 0"):
        trained[1].predict([{"day": day, "store": "north", "promotion": 0}])


def test_gaps_and_series_of_unequal_length_train(tmp_path: Path) -> None:
    frame = split()[0]
    holes = frame.drop(index=[*range(20, 25), *range(len(frame) - 30, len(frame))])
    chosen = settings("sold", 3, task="forecasting", forecasting=FORECASTING, allowed_models=["LightGBM"])
    run_automl(holes, chosen, tmp_path)
    model = load(tmp_path / "model")
    assert np.isfinite(model.predict(split()[1].drop(columns="sold"))).all()


@pytest.mark.parametrize(
    ("freq", "form"),
    [("MS", "%Y-%m-%d"), ("h", "%Y-%m-%d %H:%M:%S"), ("W-MON", "%d/%m/%Y"), ("D", "%m/%d/%Y")],
)
def test_frequencies_and_formats_are_found_out(tmp_path: Path, freq: str, form: str) -> None:
    days = pd.date_range("2015-01-05", periods=80, freq=freq)
    frame = pd.DataFrame({"day": days.strftime(form), "sold": 10.0 + np.arange(80) % 4})
    chosen = settings("sold", 1, task="forecasting", forecasting=ForecastSettings("day", 4))
    run_automl(frame, chosen, tmp_path)
    model = load(tmp_path / "model")
    following = pd.date_range(days[-1], periods=2, freq=freq)[1]
    assert model.schema.example[0]["day"] in (following.strftime(form), following.isoformat())


@pytest.mark.parametrize(
    ("freq", "form", "next_one"),
    [
        ("ME", "%Y-%m-%d", "2022-09-30"),
        ("QE", "%d.%m.%Y", "31.03.2036"),
        ("BME", "%Y-%m-%d", "2022-10-31"),
        ("MS", "%Y-%m", "2022-10"),
        ("YS", "%Y", "2097"),
        ("D", "%Y%m%d", "20160420"),
    ],
)
def test_the_ends_of_months_and_dates_written_as_numbers(
    tmp_path: Path, freq: str, form: str, next_one: str
) -> None:
    texts = pd.date_range("2016-01-31", periods=80, freq=freq).strftime(form)
    days = texts.astype(int) if texts[0].isdigit() else texts
    frame = pd.DataFrame({"day": days, "sold": 10.0 + np.arange(80) % 4})
    chosen = settings("sold", 1, task="forecasting", forecasting=ForecastSettings("day", 4))
    run_automl(frame, chosen, tmp_path)
    model = load(tmp_path / "model")
    assert model.schema.example[0]["day"] == next_one
    assert not check_rows(model.schema, model.schema.example)
    assert len(model.predict(model.schema.example)) == 2


def test_every_four_weeks_is_no_month() -> None:
    days = pd.Series(pd.date_range("2015-01-05", periods=60, freq="28D"))
    assert periods_of(days.dt.to_pydatetime().tolist(), None).seconds == 28 * 86400


@pytest.mark.parametrize(
    ("moments", "message", "hint"),
    [
        (["2020-01-01 00:00:00", "2020-01-01 00:00:01", "2020-01-01 00:00:02", "2024-01-01"], "gaps", "freq"),
        (
            ["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-01 02:00", "2020-01-01 02:10"],
            "share",
            "average",
        ),
    ],
)
def test_times_that_are_no_periods_say_so(
    tmp_path: Path, moments: list[str], message: str, hint: str
) -> None:
    days = pd.date_range("2020-02-01", periods=30, freq="h").astype(str).tolist()
    times = moments + (days if message == "share" else [f"{moments[0][:17]}{i:02}" for i in range(3, 40)])
    frame = pd.DataFrame(
        {"day": pd.to_datetime(pd.Series(times), format="mixed"), "sold": 1.0 * np.arange(len(times))}
    )
    chosen = settings("sold", 1, task="forecasting", forecasting=ForecastSettings("day", 2))
    with pytest.raises(DataError, match=message) as caught:
        run_automl(frame, chosen, tmp_path)
    assert hint in str(caught.value.hint)


def test_months_are_counted_over_years() -> None:
    months = Periods(datetime(2020, 11, 1), months=1)
    assert months.season == 12
    assert months.number(datetime(2021, 2, 1)) == 3
    assert months.moment(3) == datetime(2021, 2, 1)


def test_series_of_very_different_size_are_forecast_by_share(tmp_path: Path) -> None:
    days, weekly = np.arange(120), np.array([1, 1, 2, 2, 3, 6, 4])
    dates = pd.date_range("2024-01-01", periods=120).strftime("%Y-%m-%d")
    frames = [
        pd.DataFrame({"day": dates, "store": f"s{size}", "sold": size * weekly[days % 7] * (1 + days / 400)})
        for size in (1, 30, 1000)
    ]
    chosen = settings(
        "sold",
        2,
        task="forecasting",
        forecasting=ForecastSettings("day", 7, ["store"]),
        allowed_models=["LightGBM"],
    )
    result = run_automl(pd.concat(frames), chosen, tmp_path)
    percents = {
        t.parameters.get("relative"): t.metrics["mean_absolute_percentage_error"] for t in result.leaderboard
    }
    assert percents["share"] < 15
    assert percents["share"] < percents["mean"] / 2


def test_a_series_that_has_just_begun_and_one_that_has_ended_are_forecast(tmp_path: Path) -> None:
    frame = sales(150, ("north", "south", "east", "west"))
    day = pd.to_datetime(frame["day"])
    late, early = day >= day.max() - pd.Timedelta(days=4), day <= day.min() + pd.Timedelta(days=60)
    kept = frame[((frame["store"] != "east") | late) & ((frame["store"] != "west") | early)]
    chosen = settings(
        "sold", 8, task="forecasting", forecasting=ForecastSettings("day", 7, ["store"]), allowed_models=ALL
    )
    result = run_automl(kept.reset_index(drop=True), chosen, tmp_path)
    assert {t.status for t in result.leaderboard} == {RunStatus.COMPLETED}
    assert {t.parameters["relative"] for t in result.leaderboard if "relative" in t.parameters} > {
        "none",
        "last",
    }
    smoothed = [t for t in result.leaderboard if t.algorithm == "ExponentialSmoothing"]
    assert all(t.metrics["normalized_root_mean_squared_error"] < 0.5 for t in smoothed)
    ahead = pd.date_range(day.max(), periods=8)[1:].strftime("%Y-%m-%d")
    rows = [{"day": d, "store": s, "promotion": 0} for d in ahead for s in ("east", "west")]
    assert all(10 < value < 200 for value in load(tmp_path / "model").predict(rows))


def test_days_without_a_row_judge_nobody(tmp_path: Path) -> None:
    workdays = pd.bdate_range("2024-01-01", periods=80)
    frame = pd.DataFrame({"day": workdays.strftime("%Y-%m-%d"), "sold": 10.0 + workdays.day_of_week})
    chosen = settings("sold", 1, task="forecasting", forecasting=ForecastSettings("day", 7))
    run_automl(frame, chosen, tmp_path)
    judged = judged_of(tmp_path)
    assert judged is not None
    assert {datetime.fromtimestamp(t, UTC).weekday() for t in judged["time"].tolist()} == set(range(5))


def test_a_trial_ends_in_the_middle_of_its_forecast_when_all_time_is_over() -> None:
    chosen = settings(
        "sold", 1, task="forecasting", forecasting=FORECASTING, allowed_models=["SeasonalNaive"]
    )
    bench = make_bench(split()[0], chosen)
    late, now = Limits(time.time() - 1, 1, soft=True), time.time()
    candidate = ("SeasonalNaive", {"lags": [7]})
    assert all(np.isfinite(fold.answers).all() for fold in bench.fits.judge(*candidate, late))
    with pytest.raises(OutOfTimeError):
        bench.fits.judge(*candidate, Limits(now + 600, 1, soft=True, end=now - 1))

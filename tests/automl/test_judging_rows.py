"""Rows that are given to judge, as a table of their own or marked by columns, and nothing else judge."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_cli.domain.training import ForecastSettings
from mlops_cli.engine.automl.children import publish_trials
from mlops_cli.engine.automl.metrics import classification_metrics, regression_metrics
from mlops_cli.engine.automl.search import AutoMLResult, make_bench, run_automl
from mlops_cli.engine.automl.trials import Trial
from mlops_cli.engine.automl.workdir import judged_of
from mlops_cli.engine.model.folder import load
from mlops_cli.errors import DataError, UsageError, WorkFailedError
from tests.automl.tables import people, prices, sales, settings

TRIED = ["LightGBM", "LogisticRegression", "RandomForest"]


def asked(label: str, trials: int = 1, **given: Any) -> Any:
    return settings(label, trials, **{"n_cross_validations": None, **given})


def judge(path: Path, trials: int = 3, seed: int = 3, **given: Any) -> AutoMLResult:
    chosen = asked("bought", trials, allowed_models=TRIED, validation_data="later:1", **given)
    return run_automl(people(), chosen, path, validation=people(90, seed))


def scores_of(model: Path, table: pd.DataFrame) -> dict[str, float]:
    y = (table["bought"] == "yes").to_numpy().astype(int)
    return classification_metrics(y, load(model).predict_proba(table))


def test_every_trial_is_judged_by_the_validation_rows_and_fitted_to_the_others_alone(tmp_path: Path) -> None:
    result = judge(tmp_path)
    publish_trials(
        people(),
        asked("bought", 3, allowed_models=TRIED, validation_data="later:1"),
        tmp_path,
        lambda trial: tmp_path / "models" / str(trial.iteration),
        people(90, 3),
    )
    assert len(result.leaderboard) == 5
    for trial in result.leaderboard:
        if trial.algorithm != "StackEnsemble":  # which is judged by stacks that have not seen the row
            found = scores_of(tmp_path / "models" / str(trial.iteration), people(90, 3))
            assert found == pytest.approx(trial.metrics, abs=1e-6), trial.algorithm


def test_rows_that_cannot_judge_are_told_from_too_little_time(tmp_path: Path) -> None:
    chosen = asked("bought", 1, allowed_models=["LightGBM"], validation_data="later:1")
    with pytest.raises(WorkFailedError, match="no trial ended with a model") as caught:
        run_automl(people(), chosen, tmp_path, validation=people(90, 3)[:1])
    assert caught.value.hint == "take other rows to judge by, or another train.primary_metric"


def test_what_is_deployed_is_the_model_that_was_judged(tmp_path: Path) -> None:
    result = judge(tmp_path, 1)
    assert result.best is not None
    assert scores_of(tmp_path / "model", people(90, 3)) == pytest.approx(result.best.metrics, abs=1e-6)


def test_regression_is_judged_by_the_validation_rows(tmp_path: Path) -> None:
    table = prices(60, seed=8).sample(frac=1, random_state=0).sort_index(axis="columns")
    result = run_automl(prices(), asked("price", task="regression"), tmp_path, validation=table)
    assert result.best is not None
    predicted = np.array(load(tmp_path / "model").predict(table))
    found = regression_metrics(table["price"].to_numpy(), predicted)
    assert found["r2_score"] == pytest.approx(result.best.metrics["r2_score"], abs=1e-6)


def test_labels_are_the_same_classes_in_other_types(tmp_path: Path) -> None:
    frame, later = (
        people(rows, seed).assign(bought=lambda d: (d.bought == "yes") * 1)
        for rows, seed in ((240, 0), (90, 3))
    )
    later = later.astype({"bought": float})
    later.loc[:4, "bought"] = np.nan
    result = run_automl(frame, asked("bought"), tmp_path, validation=later)
    assert result.best is not None
    known = later.dropna(subset=["bought"])
    right = np.mean(np.array(load(tmp_path / "model").predict(known)) == known["bought"].to_numpy())
    assert right == pytest.approx(result.best.metrics["accuracy"])


def test_trials_judged_by_other_rows_are_not_taken_up(tmp_path: Path) -> None:
    def told_of(trials: int, later: pd.DataFrame) -> list[tuple[int, float]]:
        told: list[Trial] = []
        run_automl(people(), asked("bought", trials), tmp_path, told.append, validation=later)
        return [(trial.iteration, trial.metrics["AUC_weighted"]) for trial in told]

    first = told_of(1, people(90, 3))
    assert told_of(1, people(90, 3)) == first
    assert told_of(1, people(90, 3).assign(age=30.0)) != first


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (people(30).drop(columns="bought"), "the validation data has no column 'bought'"),
        (people(30).drop(columns="city"), "the validation data has no column 'city'"),
        (people(30).assign(bought=None), "no row of the validation data has a value of the label 'bought'"),
        (
            people(30).assign(bought="never"),
            "has a class of 'bought' that the training data has not: 'never'",
        ),
    ],
)
def test_a_table_that_cannot_judge_says_why(tmp_path: Path, table: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        run_automl(people(), asked("bought"), tmp_path, validation=table)


@pytest.mark.parametrize("other", [{"n_cross_validations": 3}, {"validation_size": 0.2}])
@pytest.mark.parametrize("way", [{"validation_data": "later"}, {"cv_split_columns": ["fold"]}])
def test_only_one_thing_says_which_rows_judge(tmp_path: Path, other: dict, way: dict) -> None:
    wrong, right = next(iter(other)), next(iter(way))
    with pytest.raises(UsageError, match=f"{wrong}: {right} says already which rows judge"):
        run_automl(people(), asked("bought", **way, **other), tmp_path)


def test_columns_mark_the_rows_of_each_fold(tmp_path: Path) -> None:
    frame = people().assign(first=np.arange(240) % 3 != 0, second=np.repeat([1, 0], [200, 40]))
    result = run_automl(frame, asked("bought", cv_split_columns=["first", "second"]), tmp_path)
    y = (frame["bought"] == "yes").to_numpy().astype(int)
    judged = judged_of(tmp_path)
    assert judged is not None
    np.testing.assert_array_equal(judged["y"], np.concatenate([y[::3], y[200:]]))
    assert result.best is not None
    assert len(result.best.fold_metrics) == 2
    assert {column.name for column in load(tmp_path / "model").schema.inputs}.isdisjoint({"first", "second"})


@pytest.mark.parametrize(
    ("values", "message"),
    [(1, "has to hold 0 and 1"), (["a", "b"] * 120, "has to hold 0 and 1"), (None, "no column")],
)
def test_columns_that_split_nothing_say_so(tmp_path: Path, values: Any, message: str) -> None:
    frame = people() if values is None else people().assign(fold=values)
    with pytest.raises(DataError, match=message):
        run_automl(frame, asked("bought", cv_split_columns=["fold"]), tmp_path)


def test_a_forecast_is_judged_in_the_periods_of_the_validation_data(tmp_path: Path) -> None:
    frame = sales()
    later = frame["day"] >= "2024-05-13"
    line = ForecastSettings("day", 7, ["store"])
    chosen = asked("sold", task="forecasting", forecasting=line, validation_data="later:1")
    bench = make_bench(frame[~later], chosen, frame[later])
    times = bench.judging()["time"]
    assert pd.Timestamp(times.min(), unit="s") == pd.Timestamp("2024-05-16")
    assert pd.Timestamp(times.max(), unit="s") == pd.Timestamp("2024-05-29")

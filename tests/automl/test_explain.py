"""What a model's answers rest on: shares, and sums that come out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.domain.training import ForecastSettings
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.model.explain import OTHERS, explain
from mlops_cli.engine.model.folder import load
from mlops_cli.engine.model.shapley import shapley
from mlops_cli.errors import UsageError
from tests.automl.tables import people, prices, sales, settings


def test_contributions_of_a_linear_function_are_its_terms() -> None:
    random = np.random.default_rng(1)
    rows, background = random.normal(size=(5, 3)), np.zeros((1, 3))
    weights = np.array([[2.0], [-1.0], [0.5]])
    groups = [np.array([0, 1]), np.array([2])]
    found = shapley(lambda m: m @ weights, rows, background, groups, 3, 60)
    terms = rows * weights.T
    expected = np.stack([terms[:, 0] + terms[:, 1], terms[:, 2]], axis=1)[:, :, None]
    np.testing.assert_allclose(found, expected)


def test_two_columns_that_only_matter_together_share_evenly() -> None:
    rows, background = np.ones((1, 3)), np.zeros((1, 3))
    groups = [np.array([i]) for i in range(3)]
    found = shapley(lambda m: m[:, :1] * m[:, 1:2], rows, background, groups, 4, 60)
    np.testing.assert_allclose(found[0, :, 0], [0.5, 0.5, 0.0])


MODELS: dict[str, tuple[Callable[[], pd.DataFrame], str, list[str]]] = {
    "boosters": (people, "classification", ["LightGBM", "XGBoostClassifier", "LogisticRegression"]),
    "forest": (people, "classification", ["RandomForest"]),
    "neighbours": (prices, "regression", ["KNN"]),
    "linear": (prices, "regression", ["ElasticNet", "LightGBM"]),
}


@pytest.mark.parametrize("case", MODELS)
def test_every_model_is_explained_and_sums_come_out(tmp_path: Path, case: str) -> None:
    table, task, allowed = MODELS[case]
    frame = table()
    label = frame.columns[-1]
    run_automl(frame, settings(label, len(allowed), task=task, allowed_models=allowed), tmp_path)
    model = load(tmp_path / "model")
    rows = frame.head(7).drop(columns=label)
    found = explain(model, rows)
    assert sum(found.importances.values()) == pytest.approx(1)
    telling, idle = found.importances["income"], found.importances["joined"]
    assert telling > 0.2
    assert telling > idle
    for row, predicted in zip(found.rows, model.predict(rows), strict=True):
        assert row.prediction == predicted
        assert row.base + sum(row.contributions.values()) == pytest.approx(row.value)
    if task == "classification":
        values = [row.value for row in found.rows]
        np.testing.assert_allclose(values, model.predict_proba(rows)[:, 1])
        assert {row.output for row in found.rows} == {"probability of yes"}


def test_of_many_classes_the_predicted_one_is_explained(tmp_path: Path) -> None:
    frame = people().drop(columns="bought")
    run_automl(frame, settings("city"), tmp_path)
    model = load(tmp_path / "model")
    found = explain(model, frame.head(3).to_dict("records"))
    assert [row.output for row in found.rows] == [f"probability of {c}" for c in model.predict(frame.head(3))]


def test_a_wide_table_is_explained_by_its_foremost_columns(tmp_path: Path) -> None:
    noise = pd.DataFrame(np.random.default_rng(0).random((240, 300))).add_prefix("n")
    run_automl(people().join(noise), settings("bought"), tmp_path)
    found = explain(load(tmp_path / "model"))
    assert len(found.importances) == 41
    assert OTHERS in found.importances
    assert next(iter(found.importances)) in ("income", "age")


@pytest.mark.parametrize("algorithm", ["LightGBM", "SeasonalNaive"])
def test_forecasts_are_explained(tmp_path: Path, algorithm: str) -> None:
    forecasting = ForecastSettings("day", 7, ["store"])
    chosen = settings("sold", 2, task="forecasting", forecasting=forecasting, allowed_models=[algorithm])
    frame = sales()
    run_automl(frame[frame["day"] < "2024-05-20"], chosen, tmp_path)
    model = load(tmp_path / "model")
    rows = frame[frame["day"] >= "2024-05-20"].groupby("store").head(5).drop(columns="sold")
    found = explain(model, rows)
    assert set(found.importances) == {"past values of sold", "day", "store", "promotion"}
    assert sum(found.importances.values()) == pytest.approx(1)
    assert (found.importances["promotion"] > 0.1) == (algorithm == "LightGBM")
    for row, predicted in zip(found.rows, model.predict(rows), strict=True):
        assert row.value == predicted
    if algorithm == "LightGBM":
        with_promotion = (rows["promotion"] == 1).to_numpy()
        parts = np.array([row.contributions["promotion"] for row in found.rows])
        assert parts[with_promotion].min() > parts[~with_promotion].max()


def test_the_base_of_a_forecast_is_the_mean_of_the_past_steps(tmp_path: Path) -> None:
    """Base and contributions add up, so a base far off the level of the series would betray wrong parts."""
    chosen = settings("sold", 1, task="forecasting", forecasting=ForecastSettings("day", 7, ["store"]))
    frame = sales()
    run_automl(frame, chosen, tmp_path)
    model = load(tmp_path / "model")
    found = explain(model, model.schema.example)
    for row in found.rows:
        assert row.base == pytest.approx(frame["sold"].mean(), rel=0.35)


def test_explanations_that_cannot_be_had_say_why(tmp_path: Path) -> None:
    run_automl(people(), settings("bought", model_explainability=False), tmp_path)
    model = load(tmp_path / "model")
    with pytest.raises(UsageError, match="without explanations"):
        explain(model)
    with pytest.raises(UsageError, match="too many"):
        explain(model, people())

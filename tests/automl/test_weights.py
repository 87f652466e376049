"""Weights of rows: in fits, in what judges, in metrics."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_cli.engine.automl.metrics import classification_metrics, regression_metrics
from mlops_cli.engine.automl.search import make_bench, run_automl
from mlops_cli.engine.automl.selection import select
from mlops_cli.engine.automl.trials import Outcome
from mlops_cli.engine.model.folder import load
from mlops_cli.engine.model.members import two_columns
from mlops_cli.errors import DataError, UsageError
from tests.automl.tables import people, prices, settings

COUNTS_ROWS = {"weighted_accuracy", "median_absolute_error", "normalized_median_absolute_error",
               "spearman_correlation"}  # fmt: skip


def compare(found: dict[str, float], repeated: dict[str, float]) -> None:
    kept = found.keys() - COUNTS_ROWS
    assert {name: found[name] for name in kept} == pytest.approx({name: repeated[name] for name in kept})


@pytest.mark.parametrize("classes", [2, 4])
def test_a_weight_of_three_is_as_three_such_rows(classes: int) -> None:
    random = np.random.default_rng(3)
    y, weights = random.integers(0, classes, 200), random.integers(1, 5, 200)
    p = random.dirichlet(np.ones(classes), 200) * 0.6 + np.eye(classes)[y] * 0.4
    repeated = classification_metrics(np.repeat(y, weights), np.repeat(p, weights, axis=0))
    compare(classification_metrics(y, p, weights / weights.mean()), repeated)


def test_of_numbers_too() -> None:
    random = np.random.default_rng(3)
    y, weights = random.uniform(0, 9, 200), random.integers(1, 5, 200)
    predicted = y + random.normal(0, 1, 200)
    repeated = regression_metrics(np.repeat(y, weights), np.repeat(predicted, weights))
    compare(regression_metrics(y, predicted, weights=weights / weights.mean()), repeated)


def misled(table: pd.DataFrame, label: str) -> pd.DataFrame:
    """As many rows again that say the contrary and weigh nothing."""
    if label == "bought":
        wrong = table.assign(bought=table[label].map({"yes": "no", "no": "yes"}))
    else:
        wrong = table.assign(price=float(table[label].max()) - table[label])
    return pd.concat([table.assign(weight=2), wrong.assign(weight=0)], ignore_index=True)


def asked(label: str, *allowed: str, **given: Any) -> Any:
    return settings(label, 1, allowed_models=list(allowed), weight_column="weight", **given)


CLASSIFIERS = ["LightGBM", "XGBoostClassifier", "RandomForest", "ExtremeRandomTrees", "GradientBoosting"]


@pytest.mark.parametrize("algorithm", [*CLASSIFIERS, "LogisticRegression", "DecisionTree", "MLP"])
def test_classifiers_heed_weights(tmp_path: Path, algorithm: str) -> None:
    result = run_automl(misled(people(), "bought"), asked("bought", algorithm), tmp_path)
    assert result.best is not None
    assert result.best.metrics["AUC_weighted"] > 0.8
    model = load(tmp_path / "model")
    assert np.mean(np.array(model.predict(people())) == people()["bought"]) > 0.7
    assert "weight" not in {column.name for column in model.schema.inputs}


REGRESSORS = ["LightGBM", "XGBoostRegressor", "RandomForest", "ExtremeRandomTrees", "GradientBoosting"]


@pytest.mark.parametrize("algorithm", [*REGRESSORS, "ElasticNet", "DecisionTree", "MLP"])
def test_regressions_heed_weights(tmp_path: Path, algorithm: str) -> None:
    chosen = asked("price", algorithm, task="regression", primary_metric="r2_score")
    result = run_automl(misled(prices(), "price"), chosen, tmp_path)
    assert result.best is not None
    assert result.best.metrics["r2_score"] > 0.75


def test_validation_rows_weigh_what_they_say(tmp_path: Path) -> None:
    chosen = asked("bought", "LightGBM", n_cross_validations=None, validation_data="later:1")
    fair = run_automl(
        people().assign(weight=1), chosen, tmp_path / "a", validation=people(90, 3).assign(weight=2)
    )
    turned = misled(people(90, 3), "bought")
    same = run_automl(people().assign(weight=1), chosen, tmp_path / "b", validation=turned)
    assert fair.best is not None
    assert same.best is not None
    fair.best.metrics.pop("weighted_accuracy")
    same.best.metrics.pop("weighted_accuracy")
    assert same.best.metrics == pytest.approx(fair.best.metrics)
    with pytest.raises(DataError, match="the validation data has no column 'weight'"):
        run_automl(people().assign(weight=1), chosen, tmp_path / "c", validation=people(90, 3))


@pytest.mark.parametrize("weights", [-1, 0, np.nan, np.inf, "much", [1.0, np.nan] * 120, [1, -1] * 120])
def test_what_is_no_weight_is_told(tmp_path: Path, weights: Any) -> None:
    with pytest.raises(DataError, match="the column 'weight' holds no weights"):
        run_automl(people().assign(weight=weights), asked("bought", "LightGBM"), tmp_path)


def test_a_column_of_weights_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no column of weights 'weight'"):
        run_automl(people(), asked("bought", "LightGBM"), tmp_path)


def test_neighbours_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    result = run_automl(people().assign(weight=1), asked("bought", "KNN", "DecisionTree"), tmp_path)
    assert {trial.algorithm for trial in result.leaderboard} == {"DecisionTree"}
    assert result.notes == ["KNN takes no weights of rows and was left out"]
    with pytest.raises(UsageError, match="KNN takes no weights of rows"):
        run_automl(people().assign(weight=1), asked("bought", "KNN"), tmp_path)


def test_what_takes_no_weights_is_refused(tmp_path: Path) -> None:
    chosen = asked("price", task="regression", primary_metric="spearman_correlation")
    with pytest.raises(UsageError, match="primary_metric: spearman_correlation takes no weights"):
        run_automl(prices().assign(weight=1), chosen, tmp_path)


def test_ensembles_are_chosen_by_weighted_rows() -> None:
    bench = make_bench(misled(people(), "bought"), asked("bought", "LightGBM"))
    assert bench.weights is not None
    right = two_columns(np.where((bench.y == 1) == (bench.weights > 0), 0.8, 0.2))
    found = [Outcome.of_ensemble(name, {}, p) for name, p in (("wrong", 1 - right), ("right", right))]
    chosen = select(bench, found)
    assert [outcome.trial.algorithm for outcome in chosen.outcomes] == ["right"]
    assert chosen.loss == pytest.approx(-np.log(0.8))

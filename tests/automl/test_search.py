"""A whole search on small tables: what it tells, what it leaves, when it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.automl.trials import Trial
from mlops_cli.engine.model.folder import load, load_manifest
from mlops_cli.status import RunStatus
from tests.automl.tables import people, prices, settings


def test_every_trial_is_told_as_it_ends_and_an_ensemble_follows(tmp_path: Path) -> None:
    told: list[Trial] = []
    chosen = settings("bought", 4, allowed_models=["LightGBM", "LogisticRegression"])
    result = run_automl(people(), chosen, tmp_path, told.append)
    assert [t.iteration for t in told] == list(range(len(told)))
    assert {t.algorithm for t in told} == {
        "LightGBM",
        "LogisticRegression",
        "VotingEnsemble",
        "StackEnsemble",
    }
    assert sorted(t.iteration for t in result.leaderboard) == [t.iteration for t in told]
    scores = [t.metrics["AUC_weighted"] for t in result.leaderboard]
    assert scores == sorted(scores, reverse=True)
    assert result.best == result.leaderboard[0]
    assert result.stopped == "max_trials"
    assert scores[0] > 0.9


def test_regression_learns(tmp_path: Path) -> None:
    result = run_automl(prices(), settings("price", 2, task="regression"), tmp_path)
    assert result.best is not None
    assert result.best.metrics["r2_score"] > 0.9
    assert all(isinstance(p, float) for p in load(tmp_path / "model").predict(prices().head(3)))


@pytest.mark.parametrize("algorithm", ["LightGBM", "XGBoostRegressor"])
@pytest.mark.parametrize(("shift", "scale"), [(1e9, 1.0), (0.0, 1e-9), (0.0, 1e30)])
def test_boosting_learns_labels_of_any_size(
    tmp_path: Path, algorithm: str, shift: float, scale: float
) -> None:
    table = prices()
    table["price"] = shift + scale * table["price"]
    result = run_automl(table, settings("price", task="regression", allowed_models=[algorithm]), tmp_path)
    assert result.best is not None
    assert result.best.metrics["r2_score"] > 0.85
    predicted = np.array(load(tmp_path / "model").predict(table))
    assert np.corrcoef(predicted - shift, table["price"] - shift)[0, 1] > 0.95


@pytest.mark.parametrize(
    ("labels", "kind"), [((0, 1), int), ((False, True), bool), (("a", "b", "c"), str), ((1.5, 2.5), float)]
)
def test_labels_come_back_in_their_type(tmp_path: Path, labels: tuple, kind: type) -> None:
    frame = people().drop(columns="bought")
    frame["label"] = [labels[int(c) % len(labels)] for c in pd.factorize(frame["city"])[0]]
    run_automl(frame, settings("label"), tmp_path)
    predicted = load(tmp_path / "model").predict(frame)
    assert {type(p) for p in predicted} == {kind}
    assert np.mean(np.array(predicted) == frame["label"].to_numpy()) > 0.9


ALL_CLASSIFIERS = [
    "LightGBM",
    "XGBoostClassifier",
    "RandomForest",
    "ExtremeRandomTrees",
    "GradientBoosting",
    "LogisticRegression",
    "DecisionTree",
    "KNN",
    "MLP",
]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_every_algorithm_trains_saves_and_loads(tmp_path: Path, task: str) -> None:
    frame, label = (people(), "bought") if task == "classification" else (prices(), "price")
    names = {"LogisticRegression": "ElasticNet", "XGBoostClassifier": "XGBoostRegressor"}
    allowed = ALL_CLASSIFIERS if task == "classification" else [names.get(n, n) for n in ALL_CLASSIFIERS]
    result = run_automl(frame, settings(label, 20, task=task, allowed_models=allowed), tmp_path)
    trained = {t.algorithm for t in result.leaderboard if t.status == RunStatus.COMPLETED}
    assert trained >= set(allowed)
    assert len(load(tmp_path / "model").predict(frame.head(5))) == 5


def test_the_same_seed_gives_the_same_model_also_side_by_side(tmp_path: Path) -> None:
    one = settings("bought", 4, allowed_models=["LightGBM", "XGBoostClassifier"])
    two = settings("bought", 4, allowed_models=["LightGBM", "XGBoostClassifier"], max_concurrent_iterations=2)
    run_automl(people(), one, tmp_path / "a")
    run_automl(people(), one, tmp_path / "b")
    run_automl(people(), two, tmp_path / "c")
    a, b, c = (load(tmp_path / name / "model").predict_proba(people()) for name in "abc")
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(a, c)


def test_a_tiny_budget_still_gives_a_model(tmp_path: Path) -> None:
    tiny = TrainSettings(label="bought", experiment_timeout_minutes=0.001)
    result = run_automl(people(), tiny, tmp_path)
    assert result.stopped == "budget"
    assert load(tmp_path / "model").predict(people().head(1))[0] in ("yes", "no")


def test_the_exit_score_ends_the_search(tmp_path: Path) -> None:
    result = run_automl(people(), settings("bought", 50, experiment_exit_score=0.5), tmp_path)
    assert result.stopped == "exit_score"
    assert len(result.leaderboard) == 1


def test_a_plateau_ends_the_search(tmp_path: Path) -> None:
    patient = settings("bought", None, allowed_models=["DecisionTree"])
    result = run_automl(people(), patient, tmp_path)
    assert result.stopped == "early_stopping"


def test_cancelling_ends_the_search_and_keeps_the_first_model(tmp_path: Path) -> None:
    told: list[Trial] = []
    result = run_automl(people(), settings("bought", 50), tmp_path, told.append, lambda: len(told) >= 2)
    assert result.stopped == "canceled"
    assert len(result.leaderboard) < 6
    assert load(tmp_path / "model").predict(people().head(1))


def test_blocked_ensembles_are_not_built(tmp_path: Path) -> None:
    blocked = settings("bought", 3, blocked_models=["VotingEnsemble", "StackEnsemble"])
    result = run_automl(people(), blocked, tmp_path)
    assert {t.algorithm for t in result.leaderboard} == {"LightGBM"}


def test_nothing_is_written_to_the_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    chosen = ["RandomForest", "LogisticRegression", "MLP", "XGBoostClassifier"]
    run_automl(people(), settings("bought", 4, allowed_models=chosen), tmp_path)
    assert capfd.readouterr() == ("", "")


KILLED = """
import sys; from pathlib import Path
from mlops_cli.engine.automl.search import run_automl
from tests.automl.tables import people, settings
def show(trial): print(trial.iteration, flush=True)
run_automl(people(), settings("bought", 500), Path(sys.argv[1]), show)
"""


def test_a_killed_search_goes_on_where_it_stopped(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(4)]
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    told: list[Trial] = []
    started = time.time()
    result = run_automl(people(), settings("bought", 5), tmp_path, told.append)
    assert [f"{t.iteration}\n" for t in told[:4]] == seen
    assert result.elapsed_seconds > time.time() - started
    run_automl(people(), settings("bought", 5), tmp_path / "uninterrupted")
    models = [load(tmp_path / "model"), load(tmp_path / "uninterrupted" / "model")]
    np.testing.assert_array_equal(*(m.predict_proba(people()) for m in models))


def test_trials_of_other_data_are_not_taken_up(tmp_path: Path) -> None:
    run_automl(people(), settings("bought", 2), tmp_path)
    told: list[Trial] = []
    run_automl(people(seed=5), settings("bought", 1), tmp_path, told.append)
    assert len(told) == 1


def test_the_manifest_says_where_the_model_comes_from(tmp_path: Path) -> None:
    run_automl(people(), settings("bought"), tmp_path, run_info={"run_id": "r1"})
    manifest = load_manifest(tmp_path / "model")
    assert manifest.run["run_id"] == "r1"
    assert manifest.metrics["AUC_weighted"] > 0.8
    assert next(iter(manifest.feature_importances)) in ("income", "age", "city")
    assert {f["column"]: f["purpose"] for f in manifest.featurization}["customer"] == "dropped"
    assert "lightgbm" in manifest.packages


@pytest.mark.real_data
def test_bank_marketing_in_ten_seconds(tmp_path: Path, bank_csv: Path) -> None:
    frame = pd.read_csv(bank_csv)
    held_out = frame.sample(frac=0.2, random_state=0)
    quick = TrainSettings(label="y", experiment_timeout_minutes=10 / 60)
    result = run_automl(frame.drop(held_out.index), quick, tmp_path)
    from sklearn.metrics import roc_auc_score

    scores = load(tmp_path / "model").predict_proba(held_out)[:, 1]
    assert roc_auc_score(held_out["y"] == "yes", scores) > 0.94
    assert result.best is not None

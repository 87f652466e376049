"""The best so far can be deployed at any moment; a fit that cannot be interrupted is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.clock import Limits, OutOfTimeError
from mlops_cli.engine.automl.fitdata import FitData
from mlops_cli.engine.automl.fits import TableFits
from mlops_cli.engine.automl.hosted import FitFailedError, HostedFits
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.automl.trials import Trial
from mlops_cli.engine.model.folder import load, load_manifest
from mlops_cli.status import RunStatus
from tests.automl.tables import people, settings


def test_the_deployable_model_is_the_best_so_far(tmp_path: Path) -> None:
    """It is looked at as each trial is told: then the best of those before is there."""
    told: list[Trial] = []
    stale: list[int] = []

    def look(trial: Trial) -> None:
        best = max(told, key=lambda t: (t.metrics["AUC_weighted"], -t.iteration), default=None)
        if best and load_manifest(tmp_path / "model").run["iteration"] != best.iteration:
            stale.append(trial.iteration)
        if trial.metrics:
            told.append(trial)

    run_automl(people(), settings("bought", 8), tmp_path, look)
    ensembles = [t.iteration for t in told if t.algorithm.endswith("Ensemble")]
    assert set(stale) <= {i + 1 for i in range(len(told))} - {told[0].iteration + 1}
    assert len(stale) < len(told) / 2, (stale, ensembles)
    assert load_manifest(tmp_path / "model").metrics == max(
        (t.metrics for t in told), key=lambda m: m["AUC_weighted"]
    )


def test_a_cancelled_search_leaves_the_model_that_it_names(tmp_path: Path) -> None:
    told: list[Trial] = []
    result = run_automl(people(), settings("bought", 50), tmp_path, told.append, lambda: len(told) >= 4)
    assert result.stopped == "canceled"
    assert result.best is not None
    manifest = load_manifest(tmp_path / "model")
    assert result.deployable == result.best.iteration == manifest.run["iteration"]
    assert manifest.metrics == result.best.metrics


def test_a_model_of_other_data_is_no_model_of_this_search(tmp_path: Path) -> None:
    run_automl(people(), settings("bought"), tmp_path)
    result = run_automl(people(seed=1), settings("bought"), tmp_path, lambda _: None, lambda: True)
    assert (result.model_folder, result.best) == (None, None)


def test_members_of_the_final_model_are_those_of_a_fresh_fit(tmp_path: Path) -> None:
    """Members kept from earlier models are the very ones that the end would have fitted."""
    chosen = settings("bought", 4, allowed_models=["LightGBM", "XGBoostClassifier"])
    run_automl(people(), chosen, tmp_path / "a")
    run_automl(people(), settings("bought", 3, allowed_models=chosen.allowed_models), tmp_path / "b")
    run_automl(people(), chosen, tmp_path / "b")  # resumed: nothing is kept in memory
    a, b = (load(tmp_path / name / "model").predict_proba(people()) for name in "ab")
    np.testing.assert_array_equal(a, b)


def rows(count: int = 4000, width: int = 10) -> FitData:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(count, width)).astype(np.float32)
    y = (matrix[:, 0] + random.normal(size=count) > 0).astype(np.int64)
    return FitData(matrix, y, 2, {}, 0, valid=(matrix[:100], y[:100]))


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Callable[..., HostedFits]]:
    made: list[HostedFits] = []

    def make(**given: Any) -> HostedFits:
        fits = TableFits("classification", [rows()], rows(), list("abcdefghij"))
        made.append(HostedFits(fits, tmp_path / "host", small=0, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()


def within(seconds: float, **given: Any) -> Limits:
    return Limits(time.time() + seconds, 1, **given)


ENDLESS = {"hidden_layer_sizes": [3000, 3000], "batch_size": 1}


@pytest.mark.parametrize("algorithm", ["RandomForest", "KNN", "LogisticRegression"])
def test_a_fit_elsewhere_answers_as_one_here(hosted: Callable[..., HostedFits], algorithm: str) -> None:
    fits = hosted()
    there, here = (f.judge(algorithm, {}, within(60)) for f in (fits, fits.inner))
    np.testing.assert_array_equal(there[0].answers, here[0].answers)
    member = fits.final(algorithm, {}, None, within(60))
    alone = fits.inner.final(algorithm, {}, None, within(60))
    np.testing.assert_array_equal(member.predict(rows().matrix), alone.predict(rows().matrix))


def test_a_fit_that_takes_too_long_is_killed_and_the_next_one_works(
    hosted: Callable[..., HostedFits],
) -> None:
    fits = hosted()
    fits.judge("DecisionTree", {}, within(60))
    with pytest.raises(OutOfTimeError):
        fits.judge("MLP", ENDLESS, within(0.5))
    assert len(fits.judge("DecisionTree", {}, within(60))[0].answers) == 100


def test_a_cancel_ends_a_fit_at_once(hosted: Callable[..., HostedFits]) -> None:
    fits = hosted()
    asked = iter([False, False])
    with pytest.raises(OutOfTimeError):
        fits.judge("MLP", ENDLESS, within(600, canceled=lambda: next(asked, True)))


def test_a_fit_may_not_use_more_memory_than_its_share(hosted: Callable[..., HostedFits]) -> None:
    fits = hosted(memory=30 << 20)
    with pytest.raises(FitFailedError, match="memory"):
        fits.judge("MLP", {"hidden_layer_sizes": [3000, 3000]}, within(60))
    assert len(fits.judge("DecisionTree", {}, within(60))[0].answers) == 100


@pytest.mark.parametrize("algorithm", ["LightGBM", "XGBoostClassifier"])
def test_boosting_of_big_data_may_not_either(hosted: Callable[..., HostedFits], algorithm: str) -> None:
    fits = hosted(memory=1 << 20, big=0)
    with pytest.raises(FitFailedError, match="memory"):
        fits.judge(algorithm, {}, within(60))
    there = hosted(big=0).judge(algorithm, {"learning_rate": 0.3}, within(60))
    here = fits.inner.judge(algorithm, {"learning_rate": 0.3}, within(60))
    np.testing.assert_array_equal(there[0].answers, here[0].answers)


def test_what_a_library_raises_elsewhere_is_told(hosted: Callable[..., HostedFits]) -> None:
    with pytest.raises(FitFailedError, match="min_samples_leaf"):
        hosted().judge("DecisionTree", {"min_samples_leaf": -1}, within(60))


def test_a_trial_over_its_time_is_cancelled_and_the_search_ends_well(tmp_path: Path) -> None:
    frame = people(12_000)
    wide = frame.join(frame[["age"]].rename(columns=lambda _: "again") * 2)
    for number in range(20):
        wide[f"noise{number}"] = np.random.default_rng(number).random(len(wide))
    chosen = TrainSettings(
        label="bought",
        max_trials=4,
        allowed_models=["LightGBM", "MLP"],
        iteration_timeout_minutes=2 / 60,
        experiment_timeout_minutes=2,
        n_cross_validations=2,
    )
    result = run_automl(wide, chosen, tmp_path)
    assert {t.status for t in result.leaderboard} <= {RunStatus.COMPLETED, RunStatus.CANCELED}
    assert load(tmp_path / "model").predict(wide.head(1))
    assert not (tmp_path / "host").exists()


ORPHANED = """
import sys, threading, time
from pathlib import Path
from mlops_cli.engine.automl.hosted import HostedFits
from mlops_cli.engine.automl.fits import TableFits
from mlops_cli.engine.automl.clock import Limits
from tests.automl.test_anytime import ENDLESS, rows
fits = HostedFits(TableFits("classification", [rows()], rows(), list("abcdefghij")), Path(sys.argv[1]), small=0)
fits.judge("DecisionTree", {}, Limits(time.time() + 60, 1))
print(fits._hosts[0].process.pid, flush=True)
fits.judge("MLP", ENDLESS, Limits(time.time() + 600, 1))
"""


def test_no_fit_outlives_a_killed_search(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ORPHANED, tmp_path], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        host = psutil.Process(int(process.stdout.readline()))
        until(lambda: bool(host.children()))
        family = [host, *host.children()]
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family))


def until(met: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)

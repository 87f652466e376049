"""Trials on a Dask cluster of two workers, each a process of its own."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from mlops_cli.engine.automl.clock import Limits, OutOfTimeError
from mlops_cli.engine.automl.fits import TableFits
from mlops_cli.engine.automl.hosted import FitFailedError
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.automl.trials import Trial
from mlops_cli.engine.model.folder import load
from mlops_cli.errors import MissingExtraError, UsageError
from mlops_cli.status import RunStatus
from tests.automl.tables import people, sales, settings
from tests.automl.test_anytime import ENDLESS, rows, until

INSTALLED = find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(not INSTALLED, reason="distributed is not installed (the extra dask)")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    quiet = {"dashboard_address": None, "silence_logs": 50, "worker_dashboard_address": None}
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", **quiet) as made:
        yield made


@pytest.fixture
def fits(cluster: Any) -> Iterator[Any]:
    from mlops_cli.engine.automl.cluster import ClusterFits

    big = TableFits("classification", [rows(25_000)], rows(25_000), list("abcdefghij"))
    made = ClusterFits(big, cluster.scheduler_address)
    yield made
    made.close()


def within(seconds: float, canceled: Callable[[], bool] = lambda: False) -> Limits:
    return Limits(time.time() + seconds, 1, canceled=canceled)


@needs_dask
def test_two_workers_find_the_very_model_that_one_machine_finds(cluster: Any, tmp_path: Path) -> None:
    allowed = ["LightGBM", "LogisticRegression"]
    alone = settings("bought", 4, allowed_models=allowed)
    spread = settings("bought", 4, allowed_models=allowed, workers=cluster.scheduler_address)
    told: list[Trial] = []
    run_automl(people(), alone, tmp_path / "alone")
    run_automl(people(), spread, tmp_path / "spread", told.append)
    assert {t.status for t in told} == {RunStatus.COMPLETED}
    models = [load(tmp_path / name / "model") for name in ("alone", "spread")]
    np.testing.assert_array_equal(*(m.predict_proba(people(seed=7)) for m in models))


@needs_dask
def test_forecasts_are_made_there_too(cluster: Any, tmp_path: Path) -> None:
    from mlops_cli.domain.training import ForecastSettings, TrainSettings

    line = ForecastSettings("day", 7, ["store"])
    asked = TrainSettings(
        "forecasting", "sold", max_trials=6, forecasting=line, workers=cluster.scheduler_address
    )
    result = run_automl(sales(), asked, tmp_path)
    assert {t.status for t in result.leaderboard} == {RunStatus.COMPLETED}
    assert load(tmp_path / "model").predict(sales().tail(2))


@needs_dask
def test_both_workers_get_work(fits: Any) -> None:
    with fits._worker() as (first, threads), fits._worker() as (second, _):
        assert first != second
        assert threads == 1
    assert fits.side_by_side == 2


@needs_dask
def test_what_a_library_raises_there_is_told(fits: Any) -> None:
    with pytest.raises(FitFailedError, match="min_samples_leaf"):
        fits.judge("DecisionTree", {"min_samples_leaf": -1}, within(60))


@needs_dask
def test_a_fit_ends_at_its_deadline_and_when_it_is_canceled(fits: Any) -> None:
    with pytest.raises(OutOfTimeError):
        fits.judge("MLP", ENDLESS, within(1))
    asked = iter([False, False])
    with pytest.raises(OutOfTimeError):
        fits.judge("MLP", ENDLESS, within(600, canceled=lambda: next(asked, True)))


@needs_dask
def test_a_worker_that_is_killed_costs_no_trial(fits: Any) -> None:
    (holds_the_data,) = fits.client.who_has([fits.data])[fits.data.key]
    before = psutil.Process(fits.client.run(os.getpid)[holds_the_data])
    os.kill(before.pid, signal.SIGKILL)
    until(lambda: not before.is_running() or before.status() == psutil.STATUS_ZOMBIE)
    answers = [fits.judge("DecisionTree", {}, within(60))[0].answers for _ in range(3)]
    assert [len(a) for a in answers] == [100] * 3


@needs_dask
@pytest.mark.parametrize("address", ["ray://127.0.0.1:1", "127.0.0.1"])
def test_what_is_no_address_is_said(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="no address") as caught:
        run_automl(people(), settings("bought", 1, workers=address), tmp_path)
    assert "tcp://127.0.0.1:8786" in str(caught.value.hint)


def test_dask_that_is_not_there_names_its_extra(tmp_path: Path) -> None:
    if INSTALLED:
        pytest.skip("distributed is installed")
    with pytest.raises(MissingExtraError) as caught:
        run_automl(people(), settings("bought", 1, workers="tcp://127.0.0.1:8786"), tmp_path)
    assert caught.value.hint == "pip install 'mlops-cli[dask]'"

"""Other projects' engines and learners, where they are installed."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mlops_cli.domain.training import ForecastSettings, TrainSettings
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.model.explain import explain
from mlops_cli.engine.model.folder import load, load_manifest
from mlops_cli.errors import MissingExtraError, UsageError
from mlops_cli.status import RunStatus
from tests.automl.tables import people, prices, sales, settings


def installed(package: str) -> bool:
    return find_spec(package) is not None


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        not installed(package), reason=f"{package} is not installed (an optional extra)"
    )


ENGINES = [pytest.param("flaml", marks=needs("flaml")), pytest.param("autogluon", marks=needs("autogluon"))]
PREDICT = """
import json, sys
sys.path.extend(json.loads(sys.argv[2]))
from mlops_cli.engine.model.folder import load
from tests.automl.tables import people
print(json.dumps(load(sys.argv[1]).predict_proba(people(seed=9)).tolist()))
"""


def by(engine: str, label: str, **given: object) -> TrainSettings:
    return TrainSettings(label=label, experiment_timeout_minutes=12 / 60, engine=engine, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", ENGINES)
def test_another_engine_trains_a_classifier_that_serves_alone(tmp_path: Path, engine: str) -> None:
    result = run_automl(people(), by(engine, "bought"), tmp_path)
    assert result.best is not None
    assert result.best.status == RunStatus.COMPLETED
    assert result.best.metrics["AUC_weighted"] > 0.8
    assert load_manifest(tmp_path / "model").packages.keys() & {"flaml", "autogluon.tabular"}
    more = json.dumps(sys.path)
    command = [sys.executable, "-c", PREDICT, str(tmp_path / "model"), more]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    model = load(tmp_path / "model")
    np.testing.assert_allclose(json.loads(done.stdout.splitlines()[-1]), model.predict_proba(people(seed=9)))
    assert explain(model).importances["income"] > 0.2


@pytest.mark.parametrize("engine", ENGINES)
def test_another_engine_trains_a_regression(tmp_path: Path, engine: str) -> None:
    result = run_automl(prices(), by(engine, "price", task="regression"), tmp_path)
    assert result.best is not None
    assert result.best.metrics["r2_score"] > 0.8
    assert load(tmp_path / "model").predict(prices().head(2))


@pytest.mark.parametrize("engine", ENGINES)
def test_another_engine_is_judged_on_several_folds(tmp_path: Path, engine: str) -> None:
    result = run_automl(people(), by(engine, "bought", n_cross_validations=3), tmp_path)
    assert result.best is not None
    assert len(result.best.fold_metrics) == 3


@needs("flaml")
def test_flaml_says_what_it_found_and_fits_that(tmp_path: Path) -> None:
    result = run_automl(people(), by("flaml", "bought"), tmp_path)
    assert result.best is not None
    found = result.best.parameters
    member = load(tmp_path / "model").members[0]
    assert member.found["learner"] == found["learner"]


@needs("flaml")
@pytest.mark.parametrize("given", [{"allowed_models": ["LightGBM"]}, {"blocked_models": ["KNN"]}])
def test_models_are_not_chosen_for_another_engine(tmp_path: Path, given: dict) -> None:
    with pytest.raises(UsageError, match="chooses its models"):
        run_automl(people(), by("flaml", "bought", **given), tmp_path)


@needs("flaml")
def test_another_engine_does_not_forecast(tmp_path: Path) -> None:
    asked = by("flaml", "sold", task="forecasting", forecasting=ForecastSettings("day", 7, ["store"]))
    with pytest.raises(UsageError, match="no forecasting"):
        run_automl(sales(), asked, tmp_path)


@pytest.mark.parametrize("engine", ["flaml", "autogluon"])
def test_an_engine_that_is_not_there_names_its_extra(tmp_path: Path, engine: str) -> None:
    if installed(engine):
        pytest.skip(f"{engine} is installed")
    with pytest.raises(MissingExtraError) as caught:
        run_automl(people(), by(engine, "bought"), tmp_path)
    assert caught.value.hint == f"pip install 'mlops-cli[{engine}]'"


@needs("catboost")
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_catboost_trains_where_it_is_asked_for(tmp_path: Path, task: str) -> None:
    frame, label = (people(), "bought") if task == "classification" else (prices(), "price")
    name = "CatBoostClassifier" if task == "classification" else "CatBoostRegressor"
    result = run_automl(frame, settings(label, 1, task=task, allowed_models=[name]), tmp_path)
    assert {t.algorithm for t in result.leaderboard} == {name}
    model = load(tmp_path / "model")
    assert len(model.predict(frame.head(3))) == 3
    assert next(iter(model.importances())) in ("income", "age")


def test_catboost_that_is_not_there_names_its_extra(tmp_path: Path) -> None:
    if installed("catboost"):
        pytest.skip("catboost is installed")
    with pytest.raises(MissingExtraError) as caught:
        run_automl(people(), settings("bought", 1, allowed_models=["CatBoostClassifier"]), tmp_path)
    assert caught.value.hint == "pip install 'mlops-cli[catboost]'"

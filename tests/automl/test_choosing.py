"""Which trial's model is left behind: luck is not taken for skill, and skill is not given away."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.engine.automl.choosing import Chooser
from mlops_cli.engine.automl.clock import Clock, Limits
from mlops_cli.engine.automl.finish import Publisher
from mlops_cli.engine.automl.loop import Search
from mlops_cli.engine.automl.metrics import classification_metric, classification_metrics
from mlops_cli.engine.automl.search import make_bench
from mlops_cli.engine.automl.trials import Bench, Outcome, rank
from mlops_cli.engine.automl.workdir import Workdir
from mlops_cli.engine.model.members import two_columns
from tests.automl.tables import people, settings


@pytest.fixture(scope="module")
def bench() -> Bench:
    return make_bench(people(400), settings("bought", primary_metric="AUC_weighted"))


def outcome(bench: Bench, iteration: int, right: np.ndarray) -> Outcome:
    """A trial that gives the true class of each row the probability `right`."""
    made = Outcome.of_ensemble(f"T{iteration}", {}, two_columns(np.where(bench.y == 1, right, 1 - right)))
    made.trial.iteration = iteration
    made.trial.metrics = bench.metrics(made.answers)
    return made


def noisy(bench: Bench, spread: float) -> np.ndarray:
    """Right for most rows, in doubt about the rest."""
    return np.clip(0.7 + np.random.default_rng(0).normal(0, spread, len(bench.y)), 0.02, 0.98)


def test_of_two_that_chance_tells_apart_the_one_that_loses_less_is_left_behind(bench: Bench) -> None:
    sure = noisy(bench, 0.2)
    lucky = 0.5 + (sure - 0.5) / 20
    lucky[np.argmin(lucky)] = 0.5  # better by a hair on the ranking, and hardly sure of anything
    found = rank(bench.metric, [outcome(bench, 0, sure), outcome(bench, 1, lucky)])
    assert [o.trial.iteration for o in found] == [1, 0]
    assert [o.trial.iteration for o in Chooser(bench).first(found)] == [0, 1]


def test_what_is_better_by_more_than_chance_stays_first(bench: Bench) -> None:
    worse = noisy(bench, 0.2)
    better = 0.5 + (noisy(bench, 0.1) - 0.5) / 20
    found = rank(bench.metric, [outcome(bench, 0, worse), outcome(bench, 1, better)])
    assert found[0].trial.metrics["log_loss"] > found[1].trial.metrics["log_loss"]
    assert Chooser(bench).first(found) == found


def test_the_search_leaves_the_preferred_one_behind_and_says_why(bench: Bench, tmp_path: Path) -> None:
    clock = Clock(600, time.time())
    search = Search(
        bench,
        Publisher(bench, tmp_path / "model", clock, {}),
        Workdir(tmp_path, "it"),
        lambda _: None,
        lambda: False,
    )
    for place, rate in enumerate((0.1, 0.001)):
        tried = bench.trial(place, "LightGBM", {"learning_rate": rate}, Limits(time.time() + 600, 2))
        tried.trial.iteration = place
        search.outcomes.append(tried)
    sure, lucky = search.outcomes
    shaken = sure.answers[:, 1] + np.random.default_rng(0).normal(0, 0.01, len(bench.y))
    lucky.answers = two_columns(0.5 + (shaken - 0.5) / 20)
    lucky.trial.metrics[bench.metric] = sure.trial.metrics[bench.metric] + 1e-6
    assert [o.trial.iteration for o in search.ranking()] == [1, 0]
    search.publisher.publish(search.preferred(), search.outcomes)
    result = search._result("max_trials")
    assert result.best is not None
    assert result.best.iteration == result.deployable == 0
    assert [t.iteration for t in result.leaderboard] == [1, 0]
    assert "trial 0, LightGBM: on AUC_weighted chance explains" in result.notes[-1]


@pytest.mark.parametrize("name", ["AUC_weighted", "accuracy", "norm_macro_recall"])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_metric_alone_is_the_one_among_all(name: str, weighted: bool) -> None:
    random = np.random.default_rng(3)
    y, p = random.integers(0, 3, 90), random.dirichlet([1, 1, 1, 1], 90)
    weights = random.uniform(0.5, 2, 90) if weighted else None
    assert classification_metric(name, y, p, weights) == pytest.approx(
        classification_metrics(y, p, weights)[name]
    )


def test_of_many_classes_the_choice_takes_little_of_the_budget() -> None:
    random = np.random.default_rng(0)
    classes = np.repeat(np.arange(90), 40)
    frame = pd.DataFrame(random.normal(classes[:, None], 9.0, (3_600, 3))).add_prefix("x")
    bench = make_bench(frame.assign(code=[f"c{i}" for i in classes]), settings("code"))
    ranking = []
    for place, spread in enumerate((1.0, 0.5)):
        logits = spread * (3 * np.eye(90)[bench.y] + np.random.default_rng(1).normal(0, 1, (3_600, 90)))
        answers = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        made = Outcome.of_ensemble(f"T{place}", {}, answers)
        made.trial.iteration, made.trial.metrics = place, bench.metrics(answers)
        ranking.append(made)
    began = time.process_time()
    assert len(Chooser(bench).first(ranking[::-1])) == 2
    assert time.process_time() - began < 2.5


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("digits", [1, 9])
def test_areas_and_precisions_are_those_of_scikit_learn(weighted: bool, digits: int) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    random = np.random.default_rng(7)
    y, p = random.integers(0, 4, 120), random.dirichlet([1, 1, 1, 1], 120).round(digits)
    weights = random.integers(0, 3, 120).astype(float) if weighted else None
    found, one_hot = classification_metrics(y, p, weights), np.eye(4)[y]
    for name, score in (("AUC", roc_auc_score), ("average_precision_score", average_precision_score)):
        for average in ("weighted", "macro"):
            alone = [score(one_hot[:, c], p[:, c], sample_weight=weights) for c in range(4)]
            shares = np.average(one_hot, axis=0, weights=weights) if average == "weighted" else None
            assert found[f"{name}_{average}"] == pytest.approx(np.average(alone, weights=shares))

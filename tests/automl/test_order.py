"""What is tried, in which order, on which rows: decided by the table, the budget and the seed."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl.clock import Clock, Limits
from mlops_cli.engine.automl.ensemble import voting_ensemble
from mlops_cli.engine.automl.estimators import fit_extra_trees
from mlops_cli.engine.automl.finish import Publisher
from mlops_cli.engine.automl.fitdata import FitData
from mlops_cli.engine.automl.fits import TableFits
from mlops_cli.engine.automl.folds import split
from mlops_cli.engine.automl.learners import available, learner
from mlops_cli.engine.automl.portfolio import Candidate, Shape, portfolio
from mlops_cli.engine.automl.proposals import LAG, Seen, candidate
from mlops_cli.engine.automl.search import make_bench, run_automl
from mlops_cli.engine.automl.selection import Selection
from mlops_cli.engine.automl.spaces import SPACES, Range, anywhere, near, space_of
from mlops_cli.engine.model.folder import load
from mlops_cli.engine.model.members import Bag
from mlops_cli.status import RunStatus
from tests.automl.tables import people, prices, settings

NAMES = list(available("classification"))


def folds_of(rows: int, columns: int, minutes: float, classes: int = 2) -> int:
    chosen = TrainSettings(label="y", experiment_timeout_minutes=minutes)
    return len(split(np.arange(rows) % classes, columns, True, chosen))


def test_few_rows_have_many_folds_and_what_is_big_for_its_budget_one() -> None:
    assert folds_of(200, 10, 1) == 10
    assert folds_of(30_000, 20, 1) == 4
    assert folds_of(30_000, 20, 1 / 3) == 3
    assert folds_of(300_000, 20, 1) == 1
    assert folds_of(300_000, 20, 60) == 4
    assert folds_of(8_000, 20, 1, classes=80) == 1


def test_a_table_of_few_rows_is_never_judged_by_one_holdout() -> None:
    assert folds_of(1_500, 4_000, 1 / 60) == 3


def first(shape: Shape) -> list[Candidate]:
    return portfolio(NAMES, False, shape)


def test_boosting_comes_first_unless_there_are_many_classes() -> None:
    assert first(Shape(30_000, 2))[0][0] == "LightGBM"
    many = [name for name, _ in first(Shape(30_000, 80))]
    assert many.index("LogisticRegression") < many.index("MLP") < many.index("LightGBM")


def test_a_label_with_a_long_tail_is_tried_with_its_own_objective(tmp_path: Path) -> None:
    frame = prices()
    frame["price"] = np.exp(frame["price"] / 30)
    result = run_automl(frame, settings("price", 5, task="regression"), tmp_path)
    tried = [t for t in result.leaderboard if t.parameters.get("objective") == "tweedie"]
    assert [t.status for t in tried] == [RunStatus.COMPLETED]
    assert np.isfinite(load(tmp_path / "model").predict(frame)).all()


def test_prices_are_also_learnt_by_their_logarithms() -> None:
    names = list(available("regression"))
    usual, skewed = (portfolio(names, False, Shape(2_000, 1, skewness)) for skewness in (0.5, 1.5))
    assert {name for name, p in skewed if p.get("log")} == {"LightGBM", "ElasticNet"}
    assert not [name for name, p in usual if p.get("log")]


def test_target_means_of_large_categories_are_never_left_out() -> None:
    assert [p for _, p in first(Shape(9_000, 2, levels=50)) if "target_means" in p]
    assert not [p for _, p in first(Shape(9_000, 2, levels=5_000)) if "target_means" in p]


def test_the_logarithm_of_a_price_is_learnt_better_by_a_line(tmp_path: Path) -> None:
    frame = prices()
    frame["price"] = np.exp(frame["price"] / 30)
    given = settings("price", 6, task="regression", allowed_models=["ElasticNet"])
    found = {
        str(t.parameters): t.metrics["root_mean_squared_error"]
        for t in run_automl(frame, given, tmp_path).leaderboard
        if t.algorithm == "ElasticNet"
    }
    plain, logged = (
        [v for p, v in found.items() if ("'log': True" in p) is is_log] for is_log in (False, True)
    )
    assert min(logged) < 0.5 * min(plain)


def test_later_trials_are_near_the_best_seen_or_anywhere() -> None:
    good = Seen(0.1, 3, "LightGBM", {"learning_rate": 0.05, "num_leaves": 8, "min_data_in_leaf": 7})
    found = [candidate(i, 0, first(Shape(300, 2)), NAMES, [good]) for i in range(40, 80)]
    leaves = [p["num_leaves"] for name, p in found if name == "LightGBM" and p["learning_rate"] < 0.09]
    assert np.median(leaves) < 20
    assert len({str(f) for f in found}) == 40
    assert found == [candidate(i, 0, first(Shape(300, 2)), NAMES, [good]) for i in range(40, 80)]


def test_after_the_portfolio_the_best_booster_learns_more_slowly() -> None:
    begun = first(Shape(300, 2))
    slow = {"learning_rate": 0.03, "num_leaves": 8}
    seen = [
        Seen(0.2, 0, "LightGBM", {"num_leaves": 31}),
        Seen(0.1, 3, "LightGBM", slow),
        Seen(0.0, 4, "MLP", {}),
    ]
    assert candidate(len(begun), 0, begun, NAMES, seen) == ("LightGBM", {**slow, "learning_rate": 0.015})
    eta = [Seen(0.1, 3, "XGBoostClassifier", {"eta": 0.02})]
    assert candidate(len(begun) + 4, 0, begun, NAMES, eta) == ("XGBoostClassifier", {"eta": 0.01})
    assert candidate(len(begun), 0, begun, NAMES, seen[:1])[1]["learning_rate"] == 0.05


@pytest.mark.parametrize("name", sorted(SPACES))
def test_what_is_drawn_stays_in_its_space(name: str) -> None:
    random = np.random.default_rng(0)
    drawn = anywhere(name, random)
    for _ in range(50):
        drawn = near(name, drawn, random)
        for key, where in space_of(name).items():
            if isinstance(where, Range):
                assert where.low * 0.99 <= drawn[key] <= where.high * 1.01
            else:
                assert isinstance(drawn[key], bool)


def test_a_search_that_learns_is_the_same_side_by_side(tmp_path: Path) -> None:
    models = []
    for abreast in (1, 3):
        chosen = settings("bought", 5 + 2 * LAG, n_cross_validations=2, max_concurrent_iterations=abreast)
        run_automl(people(), chosen, tmp_path / str(abreast))
        models.append(load(tmp_path / str(abreast) / "model").predict_proba(people(seed=3)))
    np.testing.assert_array_equal(*models)


@pytest.mark.parametrize(("seconds", "fitted_to"), [(600, 30_000), (0, 24_000)])
def test_a_big_table_is_judged_once_and_fitted_on_all_rows_when_there_is_time(
    tmp_path: Path, seconds: float, fitted_to: int
) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.random((30_000, 10)), columns=list("abcdefghij"))
    frame["y"] = (frame["a"] + random.random(len(frame)) / 4 > 0.6).astype(int)
    short = TrainSettings(label="y", experiment_timeout_minutes=0.05, allowed_models=["LightGBM"])
    bench = make_bench(frame, short)
    found = bench.candidate(0, [])
    assert found is not None
    outcome = bench.trial(0, *found, Limits(time.time() + 600, 2))
    assert len(outcome.trial.fold_metrics) == 1
    publisher = Publisher(bench, tmp_path / "model", Clock(seconds, time.time()), {})
    publisher.follow(outcome, [outcome])
    assert rows_of(tmp_path / "model") == 24_000
    publisher.fit_on_all_rows([outcome], [outcome])
    assert rows_of(tmp_path / "model") == fitted_to


def test_folds_serve_as_a_bag_until_the_last_fit_on_all_rows(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.random((12_000, 4)), columns=list("abcd"))
    frame["y"] = (frame["a"] + random.random(len(frame)) / 4 > 0.6).astype(int)
    bench = make_bench(frame, TrainSettings(label="y", experiment_timeout_minutes=10))
    outcome = bench.trial(0, "LightGBM", {"learning_rate": 0.3}, Limits(time.time() + 600, 2))
    assert outcome.seconds_to_serve == 0 < outcome.seconds_to_keep
    publisher = Publisher(bench, tmp_path / "model", Clock(600, time.time()), {})
    publisher.follow(outcome, [outcome])
    served = load(tmp_path / "model").members[0]
    assert isinstance(served, Bag)
    assert len(served.members) == 4
    late = Publisher(bench, tmp_path / "model", Clock(0, time.time()), {})
    late.fit_on_all_rows([outcome], [outcome])
    assert isinstance(load(tmp_path / "model").members[0], Bag)
    publisher.fit_on_all_rows([outcome], [outcome])
    assert rows_of(tmp_path / "model") == 12_000


def test_the_rest_of_the_budget_goes_to_those_members_that_it_is_enough_for(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.random((12_000, 4)), columns=list("abcd"))
    frame["y"] = (frame["a"] + random.random(len(frame)) / 4 > 0.6).astype(int)
    short = TrainSettings(label="y", experiment_timeout_minutes=0.01)
    bench = make_bench(frame, short)
    trials = [
        bench.trial(i, "LightGBM", {"learning_rate": rate}, Limits(time.time() + 600, 2))
        for i, rate in enumerate((0.3, 0.1))
    ]
    for number, trial in enumerate(trials):
        trial.trial.iteration = number
    slow, quick = trials
    slow.final_seconds, quick.final_seconds = 9_000.0, 0.1
    vote = voting_ensemble(Selection(trials, [0.5, 0.5], 0.0))
    vote.trial.iteration = 2
    publisher = Publisher(bench, tmp_path / "model", Clock(60, time.time()), {})
    publisher.follow(vote, trials)
    publisher.fit_on_all_rows([vote], trials)
    assert [rows_of(tmp_path / "model", member) for member in (0, 1)] == [9_600, 12_000]


def test_a_small_table_of_many_classes_keeps_room_for_quick_fits_on_all_rows() -> None:
    random = np.random.default_rng(0)
    classes = random.integers(0, 40, 6_000)
    frame = pd.DataFrame(random.normal(classes[:, None], 5.0, (6_000, 20))).add_prefix("x")
    bench = make_bench(frame.assign(y=classes), TrainSettings(label="y", experiment_timeout_minutes=1 / 3))
    quick = bench.trial(0, "LogisticRegression", {"C": 0.3}, Limits(time.time() + 0.2, 2, soft=True))
    assert len(quick.trial.fold_metrics) == 1
    assert quick.seconds_to_serve == 0 < quick.seconds_to_keep


def test_a_forest_grows_on_all_cores_that_nothing_else_works_on() -> None:
    alone = Limits(time.time() + 600, 4).waves(1, 1_000).next()
    beside = Limits(time.time() + 600, 4).waves(4, 1_000).next()
    assert (alone.threads, alone.cores) == (1, 4)
    assert (beside.threads, beside.cores) == (1, 1)


def test_a_forest_ends_with_the_trees_that_there_was_time_for() -> None:
    random = np.random.default_rng(0)
    data = FitData(random.random((40_000, 30)), random.integers(0, 7, 40_000), 7, {}, 0)
    limits = Limits(time.time() + 0.3, 1, soft=True)
    member, _ = fit_extra_trees(data, {"n_estimators": 200, "max_features": 0.6}, limits)
    assert 1 <= len(member.model.estimators_) < 20


def test_of_several_classes_a_big_table_has_its_forest_early_and_with_more_leaves() -> None:
    two, seven = (first(Shape(50_000, outputs, big=True)) for outputs in (2, 7))
    assert [name for name, _ in seven].index("ExtremeRandomTrees") == 1
    leaves = [dict(each)["ExtremeRandomTrees"]["max_leaf_nodes"] for each in (two, seven)]
    assert leaves[1] > leaves[0]


def rows_of(folder: Path, member: int = 0) -> int:
    """How many rows the first tree has seen."""
    tree = load(folder).members[member].booster().dump_model(num_iteration=1)["tree_info"][0]
    return int(tree["tree_structure"]["internal_count"])


def test_folds_of_boosting_answer_after_as_many_rounds_as_each_other_and_become_a_bag() -> None:
    chosen = settings("bought", 4, n_cross_validations=5)
    bench = make_bench(people(), chosen)
    fits = bench.fits
    assert isinstance(fits, TableFits)
    judged = fits.judge("LightGBM", {"learning_rate": 0.1}, Limits(time.time() + 600, 1))
    assert len({fold.rounds for fold in judged}) > 1
    usual = round(np.mean([fold.rounds for fold in judged]))
    again = replace(fits, folds=[replace(data, valid=None, rounds=usual) for data in fits.folds])
    for fold, data, blind in zip(judged, fits.folds, again.folds, strict=True):
        assert data.valid is not None
        if fold.member.booster().current_iteration() == usual:
            fresh, _ = learner("classification", "LightGBM")(
                blind, {"learning_rate": 0.1}, Limits(time.time() + 600, 1)
            )
            np.testing.assert_allclose(fold.answers, fresh.predict(data.valid[0]), atol=1e-12)
    bag = fits.final("LightGBM", {"learning_rate": 0.1}, None, Limits(time.time() + 600, 1))
    rows = fits.whole.matrix[:20]
    np.testing.assert_allclose(
        bag.predict(rows), np.mean([fold.member.predict(rows) for fold in judged], axis=0)
    )
    steady = fits.final("LogisticRegression", {"C": 1.0}, None, Limits(time.time() + 600, 1))
    assert not isinstance(steady, Bag)


def test_folds_of_a_network_answer_after_as_many_epochs_as_each_other() -> None:
    parameters = {"hidden_layer_sizes": [8], "batch_size": 16, "learning_rate_init": 0.02}
    fits = make_bench(people(), settings("bought", 4, n_cross_validations=5)).fits
    assert isinstance(fits, TableFits)
    judged = fits.judge("MLP", parameters, Limits(time.time() + 600, 1))
    usual = round(np.mean([fold.rounds for fold in judged]))
    moved = [
        (fold, data)
        for fold, data in zip(judged, fits.folds, strict=True)
        if usual - 5 <= fold.rounds != usual
    ]
    assert moved
    for fold, data in moved:
        assert data.valid is not None
        blind = replace(data, valid=None, rounds=usual)
        fresh, _ = learner("classification", "MLP")(blind, parameters, Limits(time.time() + 600, 1))
        np.testing.assert_allclose(fold.answers, fresh.predict(data.valid[0]), atol=1e-6)


def test_a_model_that_is_there_does_when_there_is_no_time_for_a_better_one(tmp_path: Path) -> None:
    chosen = TrainSettings(label="bought", experiment_timeout_minutes=10, n_cross_validations=2)
    bench = make_bench(people(), chosen)
    parameters = [{"C": 0.3}, {"C": 1.0}]
    found = [
        bench.trial(i, "LogisticRegression", p, Limits(time.time() + 600, 1))
        for i, p in enumerate(parameters)
    ]
    found[0].trial.iteration, found[1].trial.iteration = 0, 1
    for seconds, expected in ((0, 0), (600, 1)):
        publisher = Publisher(bench, tmp_path / str(seconds), Clock(seconds, time.time()), {})
        publisher.publish([found[0]], found)
        assert publisher.iteration == 0  # the first one is worth any time
        found[1].final_seconds = 60.0
        publisher.publish([found[1], found[0]], found)
        assert publisher.iteration == expected

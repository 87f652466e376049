"""What pairs of features say together: found in what a first model left, and learnt out of fold."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.domain.training import TrainSettings
from mlops_cli.engine.automl import crossing
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.model import folder
from mlops_cli.engine.model.crosses import MOST_BINS, bins, cross_fitted, edges_of, fit_crosses

NAN = float("nan")


def floats(*columns: list[float]) -> np.ndarray:
    return np.array(columns, dtype=np.float32).T


def test_few_values_are_bins_of_their_own_and_others_fall_to_the_nearest() -> None:
    column = floats([1, 2, 2, 8, NAN]).ravel()
    edges = edges_of(column)
    assert edges.tolist() == [1.5, 5]
    assert bins(floats([1, 2, 8, NAN, -9, 1.6, 4.9, 99]).ravel(), edges).tolist() == [0, 1, 2, 3, 0, 1, 1, 2]


def test_many_values_are_cut_at_quantiles() -> None:
    column = np.random.default_rng(0).normal(size=20_000).astype(np.float32)
    counts = np.bincount(bins(column, edges_of(column)))
    assert len(counts) == MOST_BINS
    assert counts.max() < 2 * counts.min()


def test_a_column_without_values_has_one_bin() -> None:
    assert bins(floats([NAN, NAN]).ravel(), edges_of(floats([NAN, NAN]).ravel())).tolist() == [1, 1]


def test_cells_hold_their_mean_shrunk_to_the_overall_one() -> None:
    matrix = floats([0, 0, 0, 1], [5, 5, 6, 6])
    crosses = fit_crosses(matrix, np.array([1.0, 1.0, 0.0, 0.0]), [(0, 1)])
    # Two rows of 1 and 20 of the overall mean, 0.5; an empty cell has that mean.
    found = crosses.extend(floats([0, 0, 1, NAN], [5, 6, 5, 5]))[:, 2]
    np.testing.assert_allclose(found, [12 / 22, 10 / 21, 0.5, 0.5], rtol=1e-6)


def test_no_row_is_told_its_own_label() -> None:
    matrix = floats(list(range(50)), [0] * 50)
    y = np.zeros(50)
    y[7] = 1.0
    told = cross_fitted(matrix, y, [(0, 1)], seed=0)[:, 2]
    assert told[7] == 0.0
    assert told[[6, 8]].max() < 0.1


def batches(rows: int = 6_000, seed: int = 0) -> pd.DataFrame:
    """Every pair of a day and a slot has a rate of its own; neither says much alone."""
    random = np.random.default_rng(seed)
    day, slot = random.integers(0, 40, rows), random.integers(0, 5, rows)
    rate = np.random.default_rng(99).normal(0, 1.2, (40, 5))
    other = random.normal(size=rows)
    logits = rate[day, slot] + other - 1
    bought = random.random(rows) < 1 / (1 + np.exp(-logits))
    return pd.DataFrame({
        "rate": day / 7, "slot": [f"slot {s}" for s in slot], "other": other.round(3),
        "bought": np.where(bought, "yes", "no"),
    })  # fmt: skip


def test_the_pair_is_found_in_what_is_left_and_hardly_any_in_noise() -> None:
    random = np.random.default_rng(1)
    matrix = floats(*random.integers(0, 12, (6, 20_000)).tolist())
    effect = random.normal(0, 0.3, (12, 12))
    effect -= effect.mean(axis=0) + effect.mean(axis=1, keepdims=True) - effect.mean()
    noise = random.normal(0, 0.5, 20_000)
    hidden = effect[matrix[:, 1].astype(int), matrix[:, 4].astype(int)]
    assert crossing.pairs(matrix, noise + hidden)[0] == (1, 4)
    # Of 15 pairs ten times, about one in forty.
    found = [crossing.pairs(matrix, random.normal(0, 0.5, 20_000)) for _ in range(10)]
    assert sum(map(len, found)) < 12
    assert crossing.pairs(matrix[:1_000], (noise + hidden)[:1_000]) == []


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    settings = TrainSettings(label="bought", max_trials=6)
    return run_automl(batches(), settings, tmp_path_factory.mktemp("run"), on_trial=lambda _: None)


def test_a_search_learns_with_what_its_first_trial_lacked(trained) -> None:
    crossed = [t for t in trained.leaderboard if "crosses" in t.parameters]
    assert [t.parameters["crosses"] for t in crossed] == [[["rate", "slot"]]]
    plain = [t.metrics["AUC_weighted"] for t in trained.leaderboard if t.iteration < crossed[0].iteration]
    assert crossed[0].metrics["AUC_weighted"] > max(plain) + 0.005


def test_the_model_is_the_same_whatever_the_order_and_the_columns_share_its_worth(
    trained, tmp_path: Path
) -> None:
    model = folder.load(trained.model_folder)
    rows = batches(300, seed=5).drop(columns="bought")
    shuffled = rows[["other", "slot", "rate"]].iloc[::-1]
    np.testing.assert_array_equal(model.predict_proba(rows), model.predict_proba(shuffled)[::-1])
    worth = model.importances()
    assert set(worth) == {"rate", "slot", "other"}
    assert abs(sum(worth.values()) - 1) < 1e-9
    assert min(worth.values()) > 0.05


def test_more_than_two_classes_are_not_crossed(tmp_path: Path) -> None:
    table = batches(2_500)
    table["bought"] = np.where(table["other"] > 0.5, "later", table["bought"])
    result = run_automl(table, TrainSettings(label="bought", max_trials=7), tmp_path, on_trial=lambda _: None)
    assert not [t for t in result.leaderboard if "crosses" in t.parameters]

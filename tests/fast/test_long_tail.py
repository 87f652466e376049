"""Boosting with a logarithm between its sum and its answer, compiled."""

from pathlib import Path

import numpy as np
import pytest

from mlops_cli.engine.compile import parity
from tests.fast.models import Kind, compiled, fitted, rows_of, shop


@pytest.mark.parametrize(
    "kind", [("LightGBM", {"objective": "tweedie"}), ("XGBoostRegressor", {"objective": "reg:tweedie"})]
)
def test_a_label_with_a_long_tail_is_answered_the_same_compiled(kind: Kind, tmp_path: Path) -> None:
    frame = shop()
    frame["price"] = np.exp(frame["price"] / frame["price"].std())
    model = fitted("price", [kind], frame=frame)
    report = parity.check(model, compiled(model, tmp_path), rows_of(shop(400, seed=1), model))
    assert report.rows > 600
    assert report.difference < 1e-5


@pytest.mark.parametrize("kind", [("LightGBM", {}), ("XGBoostRegressor", {})])
def test_a_label_far_from_zero_is_answered_the_same_compiled(kind: Kind, tmp_path: Path) -> None:
    frame = shop()
    frame["price"] = 1e6 + frame["price"] / 100
    model = fitted("price", [kind], frame=frame)
    report = parity.check(model, compiled(model, tmp_path), rows_of(shop(400, seed=1), model))
    assert report.rows > 600
    assert report.difference < 1e-5

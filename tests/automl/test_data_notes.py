"""What is said of the data, and what is done about rare classes."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.engine.automl.search import run_automl
from tests.automl.tables import people, settings


def test_rows_that_change_towards_the_end_are_told(tmp_path: Path) -> None:
    frame = people(600)
    frame["price"] = np.random.default_rng(0).normal(size=600) + np.where(np.arange(600) > 470, 3, 0)
    frame["shop"] = ["old" if i < 480 else "new" for i in range(600)]
    result = run_automl(frame, settings("bought"), tmp_path)
    (note,) = result.notes
    assert "differs from those before in 'shop', 'price':" in note


@pytest.mark.parametrize("rows", [240, 2000])
def test_steady_rows_get_no_note(tmp_path: Path, rows: int) -> None:
    assert run_automl(people(rows), settings("bought"), tmp_path).notes == []


def test_rare_classes_weigh_more_where_the_metric_asks_for_it(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(1500, 3))
    rare = x[:, 0] + random.normal(size=1500) > 2.3
    frame = pd.DataFrame(x, columns=list("abc")).assign(rare=rare)
    recalls = {}
    for metric in ("AUC_weighted", "norm_macro_recall"):
        result = run_automl(frame, settings("rare", 2, primary_metric=metric), tmp_path / metric)
        assert result.best is not None
        recalls[metric] = result.best.metrics["norm_macro_recall"]
    assert recalls["norm_macro_recall"] > recalls["AUC_weighted"] + 0.1

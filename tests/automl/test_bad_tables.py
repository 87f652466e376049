"""Tables and settings that cannot be trained on get an error that says why; odd ones train."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.domain.training import ForecastSettings, TrainSettings
from mlops_cli.engine.automl.problem import read_problem
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.model.folder import load
from mlops_cli.errors import DataError, StateError, UsageError
from tests.automl.tables import people, prices, sales, settings


def forecast(**given: object) -> TrainSettings:
    forecasting = ForecastSettings("day", 7, **given)  # type: ignore[arg-type]
    return settings("sold", task="forecasting", forecasting=forecasting)


BAD: dict[str, tuple[Callable[[], pd.DataFrame], TrainSettings, str]] = {
    "no such label": (people, settings("bougth"), "no column 'bougth'"),
    "label all missing": (lambda: people().assign(bought=None), settings("bought"), "no value in any row"),
    "one class": (lambda: people().assign(bought="yes"), settings("bought"), "one value only"),
    "few rows": (lambda: people(5), settings("bought"), "too few"),
    "fractions as classes": (prices, settings("price"), "different values|fractions"),
    "text as number": (people, settings("bought", task="regression"), "holds text"),
    "constant label": (
        lambda: prices().assign(price=3),
        settings("price", task="regression"),
        "one value only",
    ),
    "constant columns": (
        lambda: people()[["constant", "bought"]],
        settings("bought"),
        "no column can be learnt",
    ),
    "only the label": (lambda: people()[["bought"]], settings("bought"), "no column besides"),
    "repeated name": (lambda: people().rename(columns={"age": "city"}), settings("bought"), "stands twice"),
    "drop of nothing": (people, settings("bought", drop_columns=["ag"]), "cannot drop 'ag'"),
    "kind of nothing": (people, settings("bought", featurization={"ag": "number"}), "names 'ag'"),
    "unreadable time": (lambda: sales().assign(day="soon"), forecast(), "cannot be read as dates"),
    "repeated time": (sales, forecast(), "repeat a time"),
    "short series": (lambda: sales(12, ("north",)), forecast(), "too few"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables_say_what_is_wrong(tmp_path: Path, case: str) -> None:
    table, chosen, message = BAD[case]
    with pytest.raises(DataError, match=message) as caught:
        run_automl(table(), chosen, tmp_path)
    assert "--task" not in (caught.value.hint or "")


def test_a_mistyped_label_gets_the_nearest_column(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        run_automl(people(), settings("bougth"), tmp_path)
    assert caught.value.hint == "did you mean 'bought'?"


@pytest.mark.parametrize("option", ["allowed_models", "blocked_models"])
def test_a_mistyped_model_gets_the_nearest_name(tmp_path: Path, option: str) -> None:
    with pytest.raises(UsageError, match="unknown model 'LightGMB'") as caught:
        run_automl(people(), TrainSettings(label="bought", **{option: ["LightGMB"]}), tmp_path)
    assert "did you mean 'LightGBM'?" in str(caught.value.hint)


def test_a_task_without_its_section_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"train\.forecasting"):
        run_automl(sales(), TrainSettings(task="forecasting", label="sold"), tmp_path)


def test_rows_without_a_label_are_left_out_with_a_note(tmp_path: Path) -> None:
    frame = people()
    frame.loc[:9, "bought"] = None
    result = run_automl(frame, settings("bought"), tmp_path)
    assert result.notes == ["10 rows without a value of 'bought' were left out"]


@pytest.mark.parametrize("form", ["{:,.2f}", "$ {:,.2f}", "{:_.2f}"])
def test_a_label_is_read_as_numbers_in_text_are(form: str) -> None:
    values = prices()["price"] * 1000
    table = prices().assign(price=[form.format(v).replace(".", ",").replace("_", ".") for v in values])
    if "_" not in form:
        table["price"] = [form.format(v) for v in values]
    problem = read_problem(table, settings("price", task="regression"))
    assert problem.y.tolist() == pytest.approx(values.round(2).tolist())


ODD: dict[str, Callable[[], pd.DataFrame]] = {
    "twenty rows": lambda: people(20),
    "two thousand columns": lambda: people(60).join(
        pd.DataFrame(np.random.default_rng(0).random((60, 2000))).add_prefix("n")
    ),
    "a class of one": lambda: pd.concat([people(), people(1).assign(bought="perhaps")], ignore_index=True),
    "all gaps in a column": lambda: people().assign(empty=np.nan, half=[np.nan, 1.0] * 120),
    "odd names": lambda: people().assign(**{'a "b" [c], {d}: é': 1.0 * np.arange(240)}),
    "numbers for names": lambda: people().assign(**{"0": 1}).rename(columns={"age": 7}),  # type: ignore[dict-item]
    "infinite numbers": lambda: people().assign(ratio=[np.inf, 1.0, -np.inf] * 80),
    "categories of many values": lambda: people().assign(code=[f"k{i % 40}" for i in range(240)]),
    "mixed values": lambda: people().assign(mixed=[1, "a", None, 2.5] * 60),
    "pandas types": lambda: people().convert_dtypes().astype({"city": "category"}),
}


@pytest.mark.parametrize("algorithm", ["LightGBM", "XGBoostClassifier", "LogisticRegression"])
@pytest.mark.parametrize("case", ODD)
def test_odd_tables_train(tmp_path: Path, case: str, algorithm: str) -> None:
    frame = ODD[case]()
    run_automl(frame, settings("bought", allowed_models=[algorithm]), tmp_path)
    assert set(load(tmp_path / "model").predict(frame)) <= set(frame["bought"])


def test_many_classes_train(tmp_path: Path) -> None:
    frame = people().assign(code=[f"k{i % 25}" for i in range(240)], many=[f"v{i % 30}" for i in range(240)])
    result = run_automl(frame, settings("code"), tmp_path)
    assert result.best is not None
    assert len(load(tmp_path / "model").schema.classes) == 25


def test_an_unwritable_directory_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot write"):
        run_automl(people(), settings("bought"), tmp_path / "file")

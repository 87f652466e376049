"""Tables read by pandas, where Azure's own reader is not installed; and the settings that AutoMLConfig posts."""

import pandas as pd
import pytest

from mlops_cli.emulator.azure.jasmine.rows import read_with_pandas
from mlops_cli.emulator.azure.jasmine.settings import train_settings
from mlops_cli.emulator.azure.jasmine.tables import globbed
from mlops_cli.emulator.errors import ApiError
from mlops_cli.errors import DataError

CSV = {"read_delimited": {"delimiter": ";", "encoding": "utf8", "header": "all_files_same_headers"}}
POSTED = {"task_type": "classification", "primary_metric": "AUC_weighted", "label_column_name": "y"}


@pytest.fixture
def table(tmp_path):
    (tmp_path / "a.csv").write_text("n;when;y\n1;2024-01-01;yes\nx;2024-01-02;no\n")
    (tmp_path / "b.csv").write_text("n;when;y\n3;2024-01-03;no\n")
    paths = [{"file": (tmp_path / name).as_uri()} for name in ("a.csv", "b.csv")]

    def read(*steps):
        return read_with_pandas({"paths": paths, "transformations": [CSV, *steps]})

    return read


def test_files_are_joined(table):
    assert table().n.astype(str).tolist() == ["1", "x", "3"]


def test_columns_are_converted(table):
    kinds = [{"columns": "n", "column_type": "int"}, {"columns": ["when"], "column_type": {"datetime": {}}}]
    frame = table({"convert_column_types": kinds})
    assert frame.n.isna().tolist() == [False, True, False]
    assert frame.when.dt.day.tolist() == [1, 2, 3]


def test_columns_and_rows_are_chosen(table):
    frame = table({"drop_columns": ["when"]}, {"keep_columns": ["y"]}, {"skip": 1}, {"take": 1})
    assert frame.to_dict("list") == {"y": ["no"]}


def test_file_without_header(tmp_path):
    (tmp_path / "c.csv").write_text("1,2\n")
    step = {"read_delimited": {"delimiter": ",", "header": "no_header"}}
    frame = read_with_pandas({"paths": [{"file": (tmp_path / "c.csv").as_uri()}], "transformations": [step]})
    assert list(frame.columns) == ["Column1", "Column2"]


def test_parquet(tmp_path):
    pd.DataFrame({"a": [1, 2]}).to_parquet(tmp_path / "t.parquet")
    definition = {"paths": [{"file": (tmp_path / "t.parquet").as_uri()}], "transformations": ["read_parquet"]}
    assert read_with_pandas(definition).a.tolist() == [1, 2]


def test_what_pandas_cannot_do_is_refused(table):
    with pytest.raises(DataError, match="cannot apply 'sample'"):
        table({"sample": {"sampler": "random_percent"}})


def test_settings_are_taken_over():
    lags = {"is_timeseries": True, "task_type": "regression", "primary_metric": "r2_score", "max_horizon": 7,
            "time_column_name": "date", "lags": {"target": [1, 7]}, "grain_column_names": ["store"]}  # fmt: skip
    found = train_settings({**POSTED, **lags, "experiment_timeout_minutes": 30}, 60)
    assert (found.task, found.label, found.experiment_timeout_minutes) == ("forecasting", "y", 1)
    assert found.forecasting.target_lags == [1, 7]
    assert found.forecasting.time_series_id_column_names == ["store"]


def test_models_that_the_engine_lacks_are_left_out():
    posted = {
        **POSTED,
        "whitelist_models": ["SVM", "LightGBM"],
        "blacklist_algos": ["SGD", "KNN"],
        "iterations": 5,
    }
    found = train_settings(posted, 60)
    assert found.allowed_models == ["LightGBM"]
    assert found.blocked_models == ["KNN", "VotingEnsemble", "StackEnsemble"]
    assert found.max_trials == 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"task_type": "image-classification"}, "UnsupportedTask"),
        ({"primary_metric": "f1"}, "UnsupportedMetric"),
        ({"whitelist_models": ["SVM"]}, "NoAllowedModel"),
        ({"validation_size": 3}, "InvalidSettings"),
    ],
)
def test_what_cannot_be_trained_is_refused(change, code):
    with pytest.raises(ApiError) as refused:
        train_settings({**POSTED, **change}, 60)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("in/**/*.csv", ["in/a.csv", "in/b/c.csv", "in/b/d/e.csv"]),
        ("in/*.csv", ["in/a.csv"]),
        ("in/*/*.csv", ["in/b/c.csv"]),
        ("in/**", ["in/a.csv", "in/b/c.csv", "in/b/d/e.csv", "in/b/f.txt"]),
        ("in/?.csv", ["in/a.csv"]),
        ("**/[ce].csv", ["in/b/c.csv", "in/b/d/e.csv"]),
    ],
)
def test_patterns_of_paths(pattern, matched):
    names = ["in/a.csv", "in/b/c.csv", "in/b/d/e.csv", "in/b/f.txt"]
    assert [name for name in names if globbed(pattern).fullmatch(name)] == matched

"""The samples are what the generator writes, and good enough to learn from."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_cli.engine.data.reading import read_frame

DATA = Path(__file__).resolve().parents[2] / "data"
NAMES = ("bank_marketing_sample.csv", "bike_sharing_sample.csv")
VALUES = {
    "job": 12, "marital": 4, "education": 8, "default": 3, "housing": 3, "loan": 3, "contact": 2, "month": 10,
    "day_of_week": 5, "poutcome": 3, "y": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def bank() -> pd.DataFrame:
    return read_frame(DATA / NAMES[0])


@pytest.fixture(scope="module")
def bike() -> pd.DataFrame:
    return read_frame(DATA / NAMES[1])


def test_the_generator_writes_the_same_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DATA / "generate.py", tmp_path], check=True)
    for name in NAMES:
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_bank_marginals(bank: pd.DataFrame) -> None:
    assert bank.shape == (8000, 21)
    assert {name: bank[name].nunique() for name in VALUES} == VALUES
    assert (bank["y"] == "yes").mean() == pytest.approx(0.113, abs=0.01)
    assert (bank["pdays"] == 999).mean() == pytest.approx(0.963, abs=0.01)
    assert bank["age"].between(17, 98).all()
    assert bank["duration"].mean() == pytest.approx(257, abs=15)
    assert bank.isna().sum().sum() == 0


def test_bank_columns_move_together(bank: pd.DataFrame) -> None:
    assert bank["euribor3m"].corr(bank["nr.employed"]) > 0.9
    assert bank["euribor3m"].corr(bank["emp.var.rate"]) > 0.9
    assert (bank.loc[bank["previous"] == 0, "poutcome"] == "nonexistent").all()
    assert (bank.loc[bank["job"] == "student", "age"].mean()) < 30
    degrees = (bank["education"] == "university.degree").groupby(bank["job"]).mean()
    assert degrees["management"] > 0.6 > 0.1 > degrees["blue-collar"]


def test_a_default_booster_learns_the_bank_sample(bank: pd.DataFrame) -> None:
    from lightgbm import LGBMClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import train_test_split

    texts = bank.columns[bank.dtypes.map(lambda kind: kind.kind not in "if")].drop("y")
    inputs = bank.drop(columns="y").astype(dict.fromkeys(texts, "category"))
    target = (bank["y"] == "yes").astype(int)
    train_x, test_x, train_y, test_y = train_test_split(
        inputs, target, test_size=0.2, random_state=0, stratify=target
    )
    model = LGBMClassifier(n_jobs=1, random_state=0, verbose=-1).fit(train_x, train_y)
    assert 0.90 <= roc_auc_score(test_y, model.predict_proba(test_x)[:, 1]) <= 0.96


def test_bike_adds_up_and_has_its_seasons(bike: pd.DataFrame) -> None:
    assert bike.shape == (731, 14)
    assert (bike["casual"] + bike["registered"] == bike["cnt"]).all()
    assert (bike["date"].diff().dropna() == pd.Timedelta(days=1)).all()
    assert (bike["date"].dt.month == bike["mnth"]).all()
    assert ((bike["date"].dt.day_of_week + 1) % 7 == bike["weekday"]).all()
    by_month = bike.groupby("mnth")["cnt"].mean()
    assert by_month[7] > 2 * by_month[1]
    assert bike.loc[bike["yr"] == 1, "cnt"].mean() > 1.2 * bike.loc[bike["yr"] == 0, "cnt"].mean()
    weekend = bike["weekday"].isin([0, 6])
    assert bike.loc[weekend, "casual"].mean() > 1.5 * bike.loc[~weekend, "casual"].mean()
    assert bike.loc[weekend, "registered"].mean() < bike.loc[~weekend, "registered"].mean()
    assert np.corrcoef(bike["temp"], bike["cnt"])[0, 1] > 0.4


@pytest.mark.real_data
def test_no_row_is_copied_from_the_real_file(bank: pd.DataFrame, bank_csv: Path) -> None:
    real = read_frame(bank_csv)
    assert bank.columns.tolist() == real.columns.tolist()
    shared = bank.round(3).merge(real.round(3), how="inner")
    assert len(shared) == 0


@pytest.mark.real_data
def test_the_value_sets_are_those_of_the_real_file(bank: pd.DataFrame, bank_csv: Path) -> None:
    real = read_frame(bank_csv)
    for name in VALUES:
        assert set(bank[name]) == set(real[name])

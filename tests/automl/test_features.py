"""What is read off raw columns, and that rows of a request are read like rows of the table."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_cli.domain.schema import accepts
from mlops_cli.engine.automl.search import run_automl
from mlops_cli.engine.model.dense import Dense
from mlops_cli.engine.model.features import Encoder
from mlops_cli.engine.model.values import to_key, to_number
from mlops_cli.errors import DataError
from tests.automl.tables import people, settings


def purposes(encoder: Encoder) -> dict[str, str]:
    return {column.name: column.purpose for column in encoder.columns}


def test_types_are_found_out_and_useless_columns_dropped() -> None:
    encoder = Encoder.fit(people().drop(columns="bought"))
    assert purposes(encoder) == {"age": "number", "city": "category", "income": "number", "joined": "date"}
    assert {d.name for d in encoder.dropped} == {"customer", "constant"}


def test_keys_that_come_again_are_categories_in_the_order_of_their_size() -> None:
    numbered = {"order_id": range(80), "Unnamed: 0": range(80), "grid": range(80)}
    encoder = Encoder.fit(pd.DataFrame({"filmId": [2, 10, 9, 700] * 20, **numbered}))
    assert purposes(encoder) == {"filmId": "category", "grid": "number"}
    assert encoder.matrix([{"filmId": n} for n in (2, 9, 10, "700", 3)])[:4, 0].tolist() == [0, 1, 2, 3]


def test_text_becomes_counts_of_hashed_words() -> None:
    words = ["cheap", "red", "fast", "car", "boat", "house", "old", "new"]
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(words, 6)) for _ in range(60)]
    encoder = Encoder.fit(pd.DataFrame({"about": texts}))
    assert purposes(encoder) == {"about": "text"}
    assert encoder.matrix([{"about": "red car red boat"}])[0, -2:].tolist() == [4, 16]


def test_usual_words_and_pairs_of_a_text_are_counted_by_name() -> None:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(["Cheap", "red", "car", "boat", "old"], 6)) for _ in range(80)]
    encoder = Encoder.fit(pd.DataFrame({"about": texts}))
    row = dict(zip(encoder.features, encoder.matrix([{"about": "RED car, red boat, zebra"}])[0], strict=True))
    assert (row["about.red"], row["about.red car"], row["about.cheap"]) == (2, 1, 0)
    assert sum(row[name] for name in encoder.features if ".hash" in name) >= 1


def test_single_columns_are_taken_as_they_are_wanted() -> None:
    wanted = {"age": "category", "city": "drop", "income": "text", "joined": "date", "customer": "category"}
    encoder = Encoder.fit(people().drop(columns="bought"), wanted)
    assert purposes(encoder) == {name: kind for name, kind in wanted.items() if kind != "drop"}
    assert {d.name: d.reason for d in encoder.dropped} == {"city": "not wanted", "constant": "constant"}


def test_a_column_that_holds_no_dates_cannot_be_one() -> None:
    with pytest.raises(DataError, match="'city' cannot be read as dates"):
        Encoder.fit(people(), {"city": "date"})


def test_switched_off_featurization_keeps_numbers_and_codes_the_rest() -> None:
    encoder = Encoder.fit(people().drop(columns="bought"), "off")
    assert encoder.dropped == []
    assert set(purposes(encoder).values()) == {"number", "category"}


def test_rows_of_json_are_encoded_like_the_table() -> None:
    frame = people().drop(columns="bought")
    encoder = Encoder.fit(frame)
    rows = json.loads(frame.to_json(orient="records"))
    np.testing.assert_array_equal(encoder.matrix(rows), encoder.matrix(frame))


def test_column_order_and_further_columns_do_not_matter() -> None:
    frame = people().drop(columns="bought")
    encoder = Encoder.fit(frame)
    other = frame.assign(more="x")[[*frame.columns[::-1], "more"]]
    np.testing.assert_array_equal(
        encoder.matrix(other.rename(columns={"more": "even more"})), encoder.matrix(frame)
    )


def test_unseen_and_missing_categories_are_gaps() -> None:
    encoder = Encoder.fit(pd.DataFrame({"city": ["Bern", "Oslo"] * 20}))
    rows = [{"city": "Paris"}, {"city": None}, {}, {"city": "Oslo"}]
    assert encoder.matrix(rows)[:, 0].tolist() == pytest.approx([np.nan, np.nan, np.nan, 1.0], nan_ok=True)


def test_categories_tell_many_classes_apart(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    maker = random.integers(0, 60, 1_800)
    code = np.where(random.random(1_800) < 0.8, maker * 7 % 60 // 2, random.integers(0, 30, 1_800))
    frame = pd.DataFrame({"maker": [f"m{i}" for i in maker], "code": [f"c{i}" for i in code]})
    result = run_automl(frame, settings("code", allowed_models=["LogisticRegression"]), tmp_path)
    assert result.best is not None
    assert result.best.metrics["accuracy"] > 0.7


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%Y/%m/%d %H:%M", "%d-%b-%Y", "%B %d, %Y", "%Y-%m", "%m/%d/%y"])
def test_a_service_takes_the_dates_that_its_model_was_trained_with(form: str) -> None:
    days = pd.date_range("2020-01-13", periods=60, freq="7D")
    column = pd.DataFrame({"day": days.strftime(form)})
    encoder = Encoder.fit(column)
    assert purposes(encoder) == {"day": "date"}
    assert all(accepts("datetime", text) for text in column["day"])
    assert encoder.matrix(column)[-1, 1] == days[-1].year


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3.0), ("3.5", 3.5), (" 1,234.5 ", 1234.5), ("$7", 7.0), (True, 1.0), ("false", 0.0)],
)
def test_what_counts_as_a_number(value: object, number: float) -> None:
    assert to_number(value) == number


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1,5", "12,25", "0,125", "12,375"], [1.5, 12.25, 0.125, 12.375]),
        (["10.251,46", "999,00", "-3.000,5"], [10251.46, 999.0, -3000.5]),
        (["10,251.46", "999", "1,000"], [10251.46, 999.0, 1000.0]),
        (["1.234.567", "12", "1.000"], [1234567.0, 12.0, 1000.0]),
        (["€ 1 234,50", "2\u202f000,1 €", "3,1"], [1234.5, 2000.1, 3.1]),
        (["1'234.50", "2\u2019000.1", "3.1"], [1234.5, 2000.1, 3.1]),
        (["1,5", "2.5", "3.25"], [15.0, 2.5, 3.25]),
    ],
)
def test_a_column_says_which_mark_its_decimals_have(texts: list[str], numbers: list[float]) -> None:
    encoder = Encoder.fit(pd.DataFrame({"amount": texts}))
    assert purposes(encoder) == {"amount": "number"}
    assert encoder.matrix([{"amount": text} for text in texts])[:, 0].tolist() == pytest.approx(numbers)
    wanted = Encoder.fit(pd.DataFrame({"amount": texts}), {"amount": "number"})
    assert wanted.matrix(pd.DataFrame({"amount": texts}))[:, 0].tolist() == pytest.approx(numbers)


def test_a_column_with_decimal_commas_still_takes_numbers_and_points() -> None:
    encoder = Encoder.fit(pd.DataFrame({"amount": ["1,5", "2,25"]}))
    rows = [{"amount": value} for value in (1.5, "1.5", 3, "yes")]
    assert encoder.matrix(rows)[:, 0].tolist() == [1.5, 1.5, 3.0, 1.0]


@given(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())))
def test_any_value_is_a_number_or_a_gap(value: object) -> None:
    number = to_number(value)
    assert number != number or abs(number) < 3e38


@pytest.mark.parametrize("value", [7, 7.0, "7", " 7 "])
def test_one_category_has_one_name(value: object) -> None:
    assert to_key(value) == "7"


def test_what_is_far_out_is_clipped_and_a_model_of_an_earlier_version_keeps_its_bound() -> None:
    values = np.append(np.random.default_rng(0).normal(size=99), 1e6).reshape(-1, 1)
    dense = Dense({}).fit(values)
    assert dense.transform(values).max() == 3
    del dense.clip
    assert dense.transform(values).max() == 5


def test_bends_are_linear_splines_between_quartiles() -> None:
    from sklearn.preprocessing import SplineTransformer

    matrix = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    matrix[:, 1] = matrix[:, 1] > 0
    dense = Dense({}, bent=True).fit(matrix)
    found = dense.transform(matrix)
    scaled = found[:, [0, 2]]
    knots = np.quantile(scaled, [0, 0.25, 0.5, 0.75, 1], axis=0)
    for place in (0, 1):
        splines = SplineTransformer(degree=1, knots=knots[:, [place]]).fit_transform(scaled[:, [place]])
        np.testing.assert_allclose(found[:, 3 + 5 * place : 8 + 5 * place], splines, atol=1e-9)
    assert found.shape == (200, 13)  # the column of two values has nothing to bend
    assert dense.sources() == [0, 1, 2] + [0] * 5 + [2] * 5
    far = np.full((1, 3), 99, dtype=np.float32)
    np.testing.assert_allclose(dense.transform(far)[0, 3:], [0, 0, 0, 0, 1] * 2)

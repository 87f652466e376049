"""Statistics of columns and the label's balance."""

import json
from pathlib import Path

import msgspec
import pytest

from mlops_cli.domain.data import ColumnProfile, DataProfile
from mlops_cli.engine.data.profiling import profile
from mlops_cli.engine.data.reading import parse, read

TEXT = (
    "age,city,member,joined,score,note\n"
    "30,Rome,true,1/31/2020,1.5,\n"
    "40,Oslo,false,12/1/2019,,\n"
    "50,Rome,true,,2.5,\n"
    "40,,true,2/1/2020,3.5,\n"
)


def profiled(text: str, label: str | None = None) -> DataProfile:
    return profile(parse(text.encode(), "f.csv").table, label)


def column(result: DataProfile, name: str) -> ColumnProfile:
    return next(column for column in result.columns if column.name == name)


def test_numbers() -> None:
    age = column(profiled(TEXT), "age")
    assert (age.type, age.missing, age.distinct) == ("integer", 0, 3)
    assert (age.min, age.max, age.mean) == (30, 50, 40)
    assert age.std == pytest.approx(8.16497, abs=1e-5)
    assert (age.categories, age.counts) == ([40, 30, 50], [2, 1, 1])


def test_numbers_with_gaps() -> None:
    score = column(profiled(TEXT), "score")
    assert (score.type, score.missing, score.mean) == ("number", 1, 2.5)


def test_texts_and_booleans() -> None:
    result = profiled(TEXT)
    city, member = column(result, "city"), column(result, "member")
    assert (city.type, city.missing, city.categories, city.counts) == ("string", 1, ["Rome", "Oslo"], [2, 1])
    assert (member.type, member.categories, member.counts) == ("boolean", [True, False], [3, 1])
    assert city.min is None


def test_dates() -> None:
    joined = column(profiled(TEXT), "joined")
    assert (joined.type, joined.missing, joined.distinct) == ("datetime", 1, 3)
    assert (joined.min, joined.max) == ("2019-12-01", "2020-02-01")
    assert joined.categories is None


def test_a_column_without_values() -> None:
    note = column(profiled(TEXT), "note")
    assert (note.missing, note.distinct, note.categories) == (4, 0, None)


def test_the_example_holds_true_rows_as_a_client_would_send_them() -> None:
    example = profiled(TEXT).example
    assert json.loads(json.dumps(example, allow_nan=False)) == example
    assert example[1] == {
        "age": 40, "city": "Oslo", "member": False, "joined": "12/1/2019", "score": None, "note": None,
    }  # fmt: skip


def test_one_row_has_no_spread() -> None:
    only = column(profiled("a,b\n1,x\n"), "a")
    assert (only.mean, only.std) == (1, None)


@pytest.mark.parametrize(("distinct", "listed"), [(100, True), (101, False)])
def test_up_to_a_hundred_categories_are_listed(distinct: int, listed: bool) -> None:
    text = "a\n" + "\n".join(f"v{number}" for number in range(distinct))
    assert (column(profiled(text), "a").categories is not None) is listed


@pytest.mark.parametrize(
    ("values", "balance"),
    [
        ("no yes no", {"no": 2, "yes": 1}),
        ("0 1 1", {"1": 2, "0": 1}),
        ("true false true", {"True": 2, "False": 1}),
        ("1.5 2.5 1.5", None),
        (" ".join(map(str, range(21))), None),
    ],
)
def test_balance_is_of_classes_only(values: str, balance: dict[str, int] | None) -> None:
    text = "x,y\n" + "\n".join(f"0,{value}" for value in values.split())
    assert profiled(text, "y").balance == balance


def test_a_profile_survives_json() -> None:
    result = profiled(TEXT, "member")
    assert msgspec.json.decode(msgspec.json.encode(result), type=DataProfile) == result


@pytest.mark.real_data
def test_the_real_bike_file(bike_csv: Path) -> None:
    result = profile(read(bike_csv).table, "cnt")
    date = column(result, "date")
    assert (date.type, date.min, date.max) == ("datetime", "2011-01-01", "2012-12-31")
    assert column(result, "cnt").mean == pytest.approx(4504.3488, abs=1e-4)
    assert result.balance is None
    assert result.example[0]["date"] == "1/1/2011"

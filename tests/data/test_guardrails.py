"""What is said about data that will make trouble, and that good data is left in peace."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mlops_cli.domain.data import Guardrail
from mlops_cli.engine.data.leakage import skills
from mlops_cli.engine.data.profiling import profile
from mlops_cli.engine.data.reading import parse, read

ROWS = 400
RANDOM = np.random.default_rng(5)
NOISE = RANDOM.normal(size=ROWS).round(6)
CLASSES = np.where(RANDOM.random(ROWS) < 0.5, "yes", "no")


def checked(label: str | None = "y", **columns: object) -> list[Guardrail]:
    data = {"noise": NOISE, **({"y": CLASSES} if label == "y" and "y" not in columns else {}), **columns}
    return profile(pa.table(data), label).guardrails


def codes(guardrails: list[Guardrail]) -> set[tuple[str, str | None]]:
    return {(guardrail.code, guardrail.column) for guardrail in guardrails}


def test_good_data_is_left_in_peace() -> None:
    assert checked() == []


@pytest.mark.parametrize(("rare", "said"), [(30, True), (120, False)])
def test_imbalance(rare: int, said: bool) -> None:
    found = checked(y=["yes"] * rare + ["no"] * (ROWS - rare))
    assert (("imbalance", "y") in codes(found)) is said
    if said:
        assert "'yes' is 7.5 %" in found[0].message


def test_missing_values_by_severity() -> None:
    few = [None] * 4 + NOISE[4:].tolist()
    many = [None] * 200 + NOISE[200:].tolist()
    found = checked(few=few, many=many, none=pa.nulls(ROWS, pa.string()))
    assert {(g.column, g.severity) for g in found if g.code == "missing_values"} == {
        ("few", "info"),
        ("many", "warning"),
        ("none", "warning"),
    }
    assert "1.0 % missing (4 rows)" in next(g.message for g in found if g.column == "few")


def test_rows_without_a_label() -> None:
    found = checked(y=[None, *CLASSES[1:]])
    assert ("missing_values", "y") in codes(found)


def test_constants() -> None:
    found = checked(same=["x"] * ROWS)
    assert codes(found) == {("constant_column", "same")}


def test_a_label_of_one_class() -> None:
    found = checked(y=["no"] * ROWS)
    assert codes(found) == {("constant_column", "y")}
    assert found[0].severity == "warning"


def test_ids_and_many_values() -> None:
    found = checked(
        key=[f"k{n}" for n in range(ROWS)],
        number=list(range(ROWS)),
        town=[f"t{n % 150}" for n in range(ROWS)],
    )
    assert codes(found) == {
        ("id_like_column", "key"),
        ("id_like_column", "number"),
        ("high_cardinality", "town"),
    }


def test_duplicate_columns_and_rows() -> None:
    found = checked(copy=NOISE, town=["a", "b"] * 200, city=["a", "b"] * 200)
    assert codes(found) == {("duplicate_column", "copy"), ("duplicate_column", "city")}
    repeated = profile(parse(b"a,b\n" + b"1,2\n" * 60 + b"3,4\n", "f").table).guardrails
    assert next(g.message for g in repeated if g.code == "duplicate_rows").startswith("59 rows (96.7 %)")


@pytest.mark.parametrize("rows", [1, 49])
def test_few_rows(rows: int) -> None:
    found = profile(parse(b"a,y\n" + b"1,2\n" * rows, "f").table, "y").guardrails
    assert ("few_rows", None) in codes(found)


def test_a_column_that_gives_the_class_away() -> None:
    answer = np.where(CLASSES == "yes", 1.0, 0.0) + RANDOM.normal(scale=0.05, size=ROWS)
    found = checked(answer=answer, words=np.where(CLASSES == "yes", "paid", "open"))
    suspects = {g.column: g.severity for g in found if g.code == "leakage_suspect"}
    assert suspects == {"answer": "warning", "words": "warning"}


def test_a_strong_column_is_worth_a_note() -> None:
    hint = np.where(CLASSES == "yes", 1.0, 0.0) + RANDOM.normal(scale=0.6, size=ROWS)
    found = [g for g in checked(hint=hint) if g.code == "leakage_suspect"]
    assert [(g.column, g.severity) for g in found] == [("hint", "info")]


def test_columns_that_add_up_to_the_label() -> None:
    first, second = RANDOM.integers(0, 1000, ROWS), RANDOM.integers(0, 1000, ROWS)
    found = checked("total", first=first, second=second, total=first + second)
    assert {g.column for g in found if g.code == "leakage_suspect"} == {"first", "second"}


def test_a_multiple_of_the_label() -> None:
    total = RANDOM.normal(size=ROWS)
    found = checked("total", cents=total * 100, total=total)
    assert [g.message for g in found] == ["is the label 'total' times a number: drop it"]


def test_noise_and_ids_have_no_skill() -> None:
    table = pa.table({"noise": NOISE, "key": [f"k{n}" for n in range(ROWS)], "y": CLASSES})
    found = skills(table, "y", classes=True)
    assert found["key"] == pytest.approx(0, abs=0.15)
    assert found["noise"] < 0.3


def test_three_classes_given_away() -> None:
    names = RANDOM.choice(["a", "b", "c"], ROWS)
    table = pa.table({"code": np.char.upper(names), "y": names})
    assert skills(table, "y", classes=True)["code"] == pytest.approx(1)


@pytest.mark.real_data
def test_the_real_files(bank_csv: Path, bike_csv: Path) -> None:
    bank = profile(read(bank_csv).table, "y").guardrails
    assert {(g.code, g.column, g.severity) for g in bank} == {
        ("imbalance", "y", "warning"),
        ("duplicate_rows", None, "info"),
        ("leakage_suspect", "duration", "info"),
    }
    bike = profile(read(bike_csv).table, "cnt").guardrails
    assert codes(bike) == {
        ("id_like_column", "instant"),
        ("leakage_suspect", "casual"),
        ("leakage_suspect", "registered"),
    }

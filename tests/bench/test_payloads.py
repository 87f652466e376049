"""Payloads from files and from the registered data."""

import csv
import json
import random
from pathlib import Path

import pytest

from mlops_cli.domain.schema import InputField, ModelSchema
from mlops_cli.errors import DataError, NotFoundError, WorkFailedError
from mlops_cli.services.bench.payloads import MOST_PAYLOADS, batches, from_file, own_answers, sample
from tests.cli.toy import model_folder, register
from tests.conftest import Mlops

SCHEMA = ModelSchema(
    "classification", "y", [InputField("a", "integer"), InputField("b", "string")], output_type="string"
)


def rows_of(bodies: list[bytes]) -> list[object]:
    return [row for body in bodies for row in json.loads(body)["data"]]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('[{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ('{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ("a,b,y\n1,x,yes\n2,1,no\n", [{"a": 1, "b": "x"}, {"a": 2, "b": "1"}]),
    ],
    ids=["array", "lines", "csv"],
)
def test_rows_of_a_file(tmp_path: Path, content: str, rows: list[object]) -> None:
    (tmp_path / "f").write_text(content)
    bodies = from_file(tmp_path / "f", SCHEMA, 1)
    assert len(bodies) == 2
    assert sorted(map(str, rows_of(bodies))) == sorted(map(str, rows))
    assert len(rows_of(from_file(tmp_path / "f", SCHEMA, 2))) == 2


@pytest.mark.parametrize(
    "content", ['{"data": [{"a": 1}]}\n{"data": [1, 2]}', '[{"data": [{"a": 1}]}, {"data": [1, 2]}]']
)
def test_whole_payloads_are_sent_as_they_are(tmp_path: Path, content: str) -> None:
    (tmp_path / "f").write_text(content)
    assert [json.loads(body) for body in from_file(tmp_path / "f", None, 7)] == [
        {"data": [{"a": 1}]},
        {"data": [1, 2]},
    ]


@pytest.mark.parametrize(("content", "where"), [("[]", "no rows"), ('{"a": 1}\n{"a"', "f:2")])
def test_a_file_that_is_wrong(tmp_path: Path, content: str, where: str) -> None:
    (tmp_path / "f").write_text(content)
    with pytest.raises(DataError, match=where):
        from_file(tmp_path / "f", None, 1)
    with pytest.raises(NotFoundError, match="cannot read"):
        from_file(tmp_path / "g", None, 1)


def test_rows_are_mixed_batched_and_bounded() -> None:
    bodies = batches([{"a": n} for n in range(5000)], 2)
    assert len(bodies) == MOST_PAYLOADS
    rows = [row["a"] for row in rows_of(bodies)]  # type: ignore[index]
    assert len(set(rows)) == len(rows) == 2 * MOST_PAYLOADS
    assert rows != sorted(rows)
    assert batches([1, 2], 5) == batches([1, 2], 5)
    assert len(rows_of(batches([1, 2], 5))) == 5
    with pytest.raises(DataError):
        batches([], 1)


def registered(mlops: Mlops, rows: int) -> None:
    dice = random.Random(5)
    with (mlops.project / "t.csv").open("w", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["a", "b", "y"])
        writer.writerows(
            [n, f"text {dice.random()}; über" + ("\nline" if n % 50 == 0 else ""), "yes"] for n in range(rows)
        )
    mlops.profile("data: {name: t, path: t.csv, label: y}\n")
    mlops("data", "register", "t.csv")


@pytest.mark.parametrize("rows", [300, 40_000])
def test_rows_are_drawn_from_all_over_the_registered_file(mlops: Mlops, rows: int) -> None:
    """A small file is read whole, of a large one only some lines; a value over two lines is left out."""
    from mlops_cli.backends.local import LocalBackend

    registered(mlops, rows)
    dataset = LocalBackend(mlops.home).data.get("t")
    drawn = sample(mlops.home, dataset, SCHEMA, 200)
    numbers = [row["a"] for row in drawn]
    assert len(drawn) >= 190
    wrong = [row for row in drawn if not isinstance(row["a"], int) or not str(row["b"]).startswith("text ")]
    assert wrong == []
    assert min(numbers) < rows * 0.1  # type: ignore[operator, type-var]
    assert max(numbers) > rows * 0.9  # type: ignore[operator, type-var]


def test_the_models_own_answers(tmp_path: Path) -> None:
    folder = model_folder(tmp_path)
    bodies = [b'{"data": [{"age": 50, "job": "x"}, {"age": 3, "job": "x"}]}', b'[{"age": 31, "job": "x"}]']
    assert own_answers(folder, bodies) == [{"result": ["yes", "no"]}, {"result": ["yes"]}]
    with pytest.raises(WorkFailedError, match="does not answer") as caught:
        own_answers(folder, [b'{"data": [{"age": 1, "job": "crash"}]}'])
    assert "this job crashes" in caught.value.details[-1]


def test_verify_and_true_rows_on_a_deployed_model(mlops: Mlops) -> None:
    register(mlops)
    mlops("deploy")
    done = mlops(
        "bench", "-n", "60", "-c", "2", "--warmup", "5", "--verify", "--batch-rows", "2", "-o", "json"
    )
    result = done.json()
    assert (result["requests"], result["failures"]) == (60, 0)
    assert result["settings"]["verified"] is True
    assert result["settings"]["rows"] == 2
    assert result["server"] == "mlops-serving"
    assert result["phases_ms"]["model"]["count"] == 60
    assert "payloads from the example of the model" in done.stderr

    mlops("bench", "--probe", code=None)
    sizing = mlops("bench", "--sizing", "rps=5,p95<5s", "--duration", "0.2s", "-c", "2", "-o", "json").json()
    assert sizing["sizing"]["feasible"]
    assert sizing["sizing"]["workers"] >= 1
    assert sizing["sizing"]["memory_mb"] > 10
    assert sizing["sizing"]["cores"] > 0

    compared = mlops("bench", "compare", "toy", "toy", "-n", "100", "-c", "2", "-o", "json").json()
    assert compared["blue"]["requests"] == compared["green"]["requests"] == 100
    assert [row["metric"] for row in compared["differences"]] == ["requests/s", "mean", "p50", "p95", "p99"]

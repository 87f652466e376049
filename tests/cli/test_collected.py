"""`mlops endpoints data`: what a service has scored and answered, shown and written."""

import csv
import json
from collections.abc import Iterator

import pandas
import pytest

from tests.cli.toy import SCHEMA, register
from tests.conftest import Mlops, _end_everything
from tests.endpoints.world import until

ROW = {"age": 40, "job": "a long job, and a longer name for it than a terminal has room for", "rate": None}


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mlops]:
    """A service that has scored two rows of its own example, then another one."""
    world = Mlops(tmp_path_factory.mktemp("toy"))
    register(world)
    world("deploy", "--collect-data")
    for wanted, rows in ((2, SCHEMA["example"][:2]), (3, [ROW])):
        (world.project / "rows.json").write_text(json.dumps({"data": rows}))
        world("score", "--data", "rows.json")
        until(lambda n=wanted: len(world("endpoints", "data", "toy", "-o", "json").json()) == n)
    yield world
    _end_everything(world)


def test_the_newest_rows_are_shown_one_a_line(scored: Mlops) -> None:
    header, *rows = scored("endpoints", "data", "toy").stdout.splitlines()
    assert header.split() == ["time", "(UTC)", "prediction", "inputs"]
    assert [row.split()[2] for row in rows] == ["yes", "no", "yes"]
    assert rows[-1].split()[3:6] == ["age", "40,", "job"]
    assert max(map(len, rows)) <= 80
    assert len(scored("endpoints", "data", "toy", "-n", "1").stdout.splitlines()) == 2


def test_scripts_read_them_as_json(scored: Mlops) -> None:
    found = scored("endpoints", "data", "toy", "-o", "json").json()
    assert [row["inputs"] for row in found] == [*SCHEMA["example"][:2], ROW]
    assert [row["prediction"] for row in found] == ["yes", "no", "yes"]
    assert len({row["request_id"] for row in found}) == 2
    assert scored("endpoints", "data", "toy", "--since", "2099-01-01", "-o", "json").json() == []


def test_a_table_has_the_columns_of_the_model_then_ours(scored: Mlops) -> None:
    assert scored("endpoints", "data", "toy", "--out", "all.csv").stdout == "3 rows written to all.csv\n"
    with (scored.project / "all.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["age", "job", "rate", "prediction", "time", "request_id"]
    assert (rows[2]["age"], rows[2]["job"], rows[2]["rate"]) == ("40", ROW["job"], "")
    scored("endpoints", "data", "toy", "--out", "all.parquet", "-n", "2")
    assert list(pandas.read_parquet(scored.project / "all.parquet")["prediction"]) == ["no", "yes"]
    scored("endpoints", "data", "toy", "--out", "all.jsonl")
    written = [json.loads(line) for line in (scored.project / "all.jsonl").read_text().splitlines()]
    assert written == scored("endpoints", "data", "toy", "-o", "json").json()


def test_wrong_input_is_told(scored: Mlops) -> None:
    assert "no endpoint 'other'" in scored("endpoints", "data", "other", code=4).stderr
    assert "there is no folder" in scored("endpoints", "data", "toy", "--out", "no/x.csv", code=1).stderr
    assert "is not a time" in scored("endpoints", "data", "toy", "--since", "soon", code=2).stderr


def test_a_service_that_collects_nothing_says_how(mlops: Mlops) -> None:
    register(mlops)
    mlops("deploy")
    shown = mlops("endpoints", "data", "toy")
    assert shown.stdout == "nothing is collected yet\n"
    assert shown.stderr == "no data are collected; next: mlops endpoints update toy --collect-data\n"

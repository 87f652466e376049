"""`mlops data …` as people and scripts see it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_cli.cli.data import fetch
from mlops_cli.engine.data.catalogue import CATALOGUE
from tests.conftest import Mlops
from tests.data.server import Published, serving

ROWS = "".join(f"{number % 9},{'yes' if number % 3 else 'no'},{number % 7 / 4}\n" for number in range(120))


@pytest.fixture
def file(mlops: Mlops) -> Path:
    path = mlops.project / "calls.csv"
    path.write_text("age,y,rate\n" + ROWS)
    return path


def test_register_and_register_again(mlops: Mlops, file: Path) -> None:
    first = mlops("data", "register", "calls.csv", "--label", "y", "--tag", "a=b", "-o", "json").json()
    assert (first["name"], first["version"], first["changed"]) == ("calls", 1, True)
    assert (first["rows"], first["columns"], first["label"], first["tags"]) == (120, 3, "y", {"a": "b"})
    again = mlops("data", "register", file)
    assert again.stdout.splitlines()[0] == "calls:1 unchanged: 120 rows x 3 columns, label y"
    assert "mlops data profile calls" in again.stderr


def test_the_profile_says_what_to_register(mlops: Mlops, file: Path) -> None:
    mlops.profile("data: {name: bank, path: calls.csv, label: y, tags: {team: a}}\n")
    result = mlops("data", "register", "-o", "json").json()
    assert (result["name"], result["label"], result["tags"]) == ("bank", "y", {"team": "a"})


def test_the_profile_does_not_speak_for_another_file(mlops: Mlops, file: Path) -> None:
    mlops.profile("data: {name: bank, path: calls.csv, label: y}\n")
    other = mlops.project / "other.csv"
    other.write_text("a;b\n1;2\n")
    result = mlops("data", "register", other, "-o", "json").json()
    assert (result["name"], result["label"], result["delimiter"]) == ("other", None, ";")
    assert mlops("data", "register", other, "--name", "bank", code=2).stderr.startswith("Error: ")


def test_a_dry_run_registers_nothing(mlops: Mlops, file: Path) -> None:
    result = mlops("data", "register", "calls.csv", "--dry-run")
    assert result.stdout.startswith("calls:1 would be registered: 120 rows")
    assert mlops("data", "list", "-o", "json").json() == []
    assert mlops("data", "list").stdout == "no data yet: mlops data register FILE\n"


def test_tags_of_a_version_stay(mlops: Mlops, file: Path) -> None:
    mlops("data", "register", "calls.csv", "--tag", "a=1")
    again = mlops("data", "register", "calls.csv", "--tag", "a=2", "-o", "json")
    assert again.json()["tags"] == {"a": "1"}
    assert "tags of a version stay" in again.stderr


@pytest.mark.parametrize("delimiter", ["\t", "\\t", "tab"])
def test_a_tab_can_be_written(mlops: Mlops, delimiter: str) -> None:
    (mlops.project / "t.tsv").write_text("a\tb\n1\t2\n")
    assert mlops("data", "register", "t.tsv", "--delimiter", delimiter, "-o", "json").json()["columns"] == 2


def test_a_delimiter_has_one_character(mlops: Mlops, file: Path) -> None:
    assert "is not a delimiter" in mlops("data", "register", file, "--delimiter", "::", code=2).stderr


def test_nothing_to_register(mlops: Mlops) -> None:
    mlops.profile("backend: local\n")
    error = mlops("data", "register", "-o", "json", code=2).json()["error"]
    assert error["hint"] == "mlops data register FILE"


def test_list_and_show(mlops: Mlops, file: Path) -> None:
    mlops("data", "register", "calls.csv", "--label", "y")
    mlops("data", "register", "calls.csv", "--label", "age")
    listed = mlops("data", "list", "-o", "json").json()
    assert [(d["name"], d["version"], d["label"]) for d in listed] == [("calls", 2, "age"), ("calls", 1, "y")]
    shown = mlops("data", "show", "calls:1", "-o", "json").json()
    assert shown["profile"]["balance"] == {"yes": 80, "no": 40}
    assert "sha256   " + shown["content_hash"] in mlops("data", "show", "calls").stdout


def test_the_profile_is_a_table_one_wants_to_read(mlops: Mlops, file: Path) -> None:
    mlops("data", "register", "calls.csv", "--label", "y")
    lines = [line.rstrip() for line in mlops("data", "profile", "calls").stdout.splitlines()]
    assert lines == [
        "calls:1  120 rows x 3 columns  csv, utf-8, delimiter ,",
        "",
        " column  type      distinct  min · mean · max, or top values",
        " " + "─" * 78,
        " age     integer          9  0 · 3.925 · 8",
        " y       string           2  yes 67%, no 33%",
        " rate    number           7  0 · 0.7438 · 1.5",
        "",
        "no value is missing",
        "",
        "balance of y",
        "yes ████████████████████████████████ 80 67%",
        "no  ████████████████                 40 33%",
        "",
        "! duplicate rows 57 rows (47.5 %) repeat another row: see that it is meant",
        "! age            predicts 'y' all alone (AUC 1.00): drop it if it is known only",
        "                 afterwards",
    ]


def test_missing_values_have_a_column_when_there_are_some(mlops: Mlops) -> None:
    (mlops.project / "gaps.csv").write_text("a,b\n1,x\n,y\n,y\n")
    mlops("data", "register", "gaps.csv")
    text = mlops("data", "profile", "gaps").stdout
    assert ["a", "integer", "67%", "1", "1", "·", "1", "·", "1"] in [
        line.split() for line in text.splitlines()
    ]
    assert "no value is missing" not in text


def test_the_profile_fits_eighty_columns(mlops: Mlops) -> None:
    names = ",".join(f"a_rather_long_column_name_{number}" for number in range(60))
    row = ",".join(["a rather long text that goes on and on and on for quite a while"] * 60)
    (mlops.project / "wide.csv").write_text(f"{names}\n{row}\n{row}\n")
    mlops("data", "register", "wide.csv")
    text = mlops("data", "profile", "wide").stdout
    assert max(map(len, text.splitlines())) <= 80
    assert "and 10 more columns: --all shows them" in text
    assert "and 55 more with constant column" in text
    assert "_name_59 " in mlops("data", "profile", "wide", "--all").stdout


def test_the_profile_for_scripts(mlops: Mlops, file: Path) -> None:
    mlops("data", "register", "calls.csv", "--label", "y")
    profile = mlops("data", "profile", "calls", "-o", "json").json()
    assert (profile["name"], profile["version"], profile["rows"]) == ("calls", 1, 120)
    assert [column["name"] for column in profile["columns"]] == ["age", "y", "rate"]
    assert {guardrail["code"] for guardrail in profile["guardrails"]} == {"duplicate_rows", "leakage_suspect"}
    assert profile["example"][0] == {"age": 0, "y": "no", "rate": 0.0}


def test_unknown_data(mlops: Mlops, file: Path) -> None:
    mlops("data", "register", "calls.csv")
    assert "there is: calls" in mlops("data", "show", "bank", code=4).stderr
    assert mlops("data", "show", "calls:9", code=4).stderr.startswith(
        "Error: no dataset 'calls:9'; there are other versions of it\n"
    )


def test_a_bad_file_is_an_error_with_its_line(mlops: Mlops) -> None:
    (mlops.project / "bad.csv").write_text("a,b\n1,2\n3\n")
    error = mlops("data", "register", "bad.csv", "-o", "json", code=2).json()["error"]
    assert error["code"] == "DataError"
    assert error["message"].endswith("bad.csv:3: 1 field, the header has 2")


@pytest.fixture
def mirror() -> Iterator[Published]:
    with serving(Published(b"not the published file")) as server:
        yield server


def test_fetch_keeps_nothing_with_a_wrong_checksum(mlops: Mlops, mirror: Published) -> None:
    result = mlops("data", "fetch", "bank-marketing", "--url", mirror.url, code=5)
    assert "has the wrong checksum" in result.stderr
    assert "bank-marketing: 0.0 of 0.0 MB" in result.stderr
    assert list(mlops.project.iterdir()) == []


def test_fetch_knows_its_files(mlops: Mlops) -> None:
    result = mlops("data", "fetch", "titanic", code=4)
    for name in CATALOGUE:
        assert name in result.stderr
        assert name in (fetch.help or "")


@pytest.mark.real_data
def test_fetch_from_a_mirror_and_register(mlops: Mlops, bike_csv: Path) -> None:
    with serving(Published(bike_csv.read_bytes(), faults=[("cut", 20_000), 429])) as server:
        (mlops.project / "raw").mkdir()
        result = mlops("data", "fetch", "bike-sharing", "--out", "raw", "--url", server.url, "-o", "json")
    fetched = result.json()
    assert fetched["changed"] is True
    assert Path(fetched["path"]) == mlops.project / "raw" / "bike-no.csv"
    assert "CC BY 4.0: H. Fanaee-T" in result.stderr
    command = result.stderr.splitlines()[-1].removeprefix("Next: mlops ").split()
    registered = mlops(*command, "-o", "json").json()
    assert (registered["name"], registered["label"], registered["rows"]) == ("bikesharing", "cnt", 731)
    assert mlops("data", "fetch", "bike-sharing", "--out", "raw").stdout.strip().endswith("already here")


@pytest.mark.real_data
def test_the_real_bank_file_is_described_in_one_screen(mlops: Mlops, bank_csv: Path) -> None:
    mlops("data", "register", bank_csv, "--name", "bank", "--label", "y")
    lines = mlops("data", "profile", "bank").stdout.splitlines()
    assert len(lines) < 40
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("! y ") and "11.2 %" in line for line in lines)

"""`mlops models explain`."""

import pytest

from tests.cli.test_train import project as project  # a fixture
from tests.conftest import Mlops


@pytest.fixture
def trained(project: Mlops) -> Mlops:
    project("train", "-q")
    return project


def test_importances_are_shown_as_bars(trained: Mlops) -> None:
    shown = trained("models", "explain", "tiny").stdout
    assert shown.splitlines()[0].startswith("a ")
    assert "█" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_rows_are_explained_as_sums(trained: Mlops) -> None:
    (trained.project / "rows.csv").write_text("b,a,more\nu,0.9,1\nw,0.1,2\n")
    found = trained("models", "explain", "tiny:1", "--data", "rows.csv", "-o", "json").json()
    assert [row["prediction"] for row in found["rows"]] == ["yes", "no"]
    for row in found["rows"]:
        assert row["output"] == "probability of yes"
        assert row["base"] + sum(row["contributions"].values()) == pytest.approx(row["value"])
    first, second = (row["contributions"]["a"] for row in found["rows"])
    assert first > 0 > second
    assert "on average" in trained("models", "explain", "tiny", "--data", "rows.csv").stdout


def test_rows_may_be_json_and_what_is_none_is_refused(trained: Mlops) -> None:
    (trained.project / "rows.json").write_text('{"data": [{"a": 0.9, "b": "u"}]}')
    found = trained("models", "explain", "tiny", "--data", "rows.json", "-o", "json").json()
    assert found["rows"][0]["prediction"] == "yes"
    (trained.project / "rows.json").write_text("[1, 2]")
    refused = trained("models", "explain", "tiny", "--data", "rows.json", code=2)
    assert "rows.json holds no rows" in refused.stderr

"""Files that a user names for a result."""

from pathlib import Path

import pytest

from mlops_cli.errors import StateError
from mlops_cli.writing import check_place, write_text
from tests.conftest import Mlops

SCRIPT = "{name: s, type: script, script: s.py}"


@pytest.mark.parametrize(
    "args",
    [
        ("pipeline", "create", "p.yaml", "--svg", "none/p.svg"),
        ("pipeline", "create", "p.yaml", "--html", "."),
        ("score", "bank", "--data", "rows.csv", "--out", "none/scored.csv"),
        ("bench", "bank", "--html", "none/report.html"),
    ],
    ids=" ".join,
)
def test_one_that_cannot_be_written_is_named_before_the_work(args: tuple[str, ...], mlops: Mlops) -> None:
    mlops.profile("experiment: tests")
    (mlops.project / "p.yaml").write_text(f"name: p\nsteps: [{SCRIPT}]\n")
    (mlops.project / "s.py").touch()
    error = mlops(*args, "-o", "json", code=1).json()["error"]
    assert error["message"].startswith(f"cannot write {mlops.project / args[-1]}: ")
    assert error["hint"] == "choose another file"


def test_a_file_is_replaced_and_a_device_is_left_as_it_is(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "one")
    write_text(tmp_path / "a", "two")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a", "two")]
    write_text(Path("/dev/null"), "gone")
    assert Path("/dev/null").is_char_device()
    check_place(Path("/dev/null"))
    with pytest.raises(StateError, match="it is a folder"):
        check_place(tmp_path)

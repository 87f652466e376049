"""What people read at 80 columns: names and values as they are, long cells under their titles."""

import io

from rich.console import Console

from mlops_cli.cli.tables import plain
from mlops_cli.services.scoring import tables
from tests.cli.toy import model_folder
from tests.conftest import Mlops

ODD = "[/] [red]:x:[kg]"


def test_brackets_and_colons_of_the_users_are_text(mlops: Mlops) -> None:
    mlops.profile("experiment: tests")
    (mlops.project / "odd.csv").write_text(f"{ODD},b\n1,2\n3,4\n")
    mlops("data", "register", "odd.csv", "--name", "odd", "--label", ODD)
    for command in ("data list", "data show odd", "data profile odd"):
        assert ODD in mlops(*command.split()).stdout
    mlops("models", "register", model_folder(mlops.project), "--name", "toy", "--tag", f"unit={ODD}")
    shown = mlops("models", "show", "toy").stdout
    assert f"  tags     unit {ODD}" in shown
    assert "  inputs   age (integer), job (string), rate (number)" in shown


def test_ids_stay_whole_beside_long_cells() -> None:
    console = Console(width=80, file=io.StringIO())
    run_id = "48456b85-7e12-459e-904e-cde41ce6302e"
    plain(console, ("run", "pipeline", "state"), [(run_id, "a pipeline " * 9, "Completed")], empty="")
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[1].startswith(f"{run_id}  a pipeline")
    assert max(map(len, lines)) <= 80


def test_the_doctor_keeps_to_80_columns(mlops: Mlops) -> None:
    mlops.profile("experiment: tests")
    lines = mlops("doctor", code=None).stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert {line[:9].strip() for line in lines} <= {"ok", "missing", "not here", ""}
    assert all(line[:9].strip() or not line[:25].strip() for line in lines)


def test_a_csv_whose_first_column_is_in_brackets_is_no_json() -> None:
    assert not tables.is_json(b"[id],[name]\n1,a\n", "rows.csv")
    assert tables.is_json(b'[{"id": 1}]', "stdin")

"""What puts arguments together on Azure, as a script by itself and as the entry script of a batch step."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

entry = pytest.importorskip("mlops_cli.backends.azureml.pipelines.entry", reason="needs the Azure ML SDK")
TOLD = {
    "script": "user.py",
    "arguments": [["--in=", 0, "/", 1], ["$(x)"], [1]],
    "variables": {"MODE": ["m-", 1]},
}
VALUES = ["--mlops-0", "/data/a b", "--own", "9", "--mlops-1", "7"]


@pytest.fixture
def wrapper(tmp_path: Path) -> Path:
    shutil.copyfile(entry.__file__, tmp_path / "mlops_step.py")
    (tmp_path / "mlops_step.json").write_text(json.dumps(TOLD))
    return tmp_path / "mlops_step.py"


def _said(wrapper: Path, code: str, *words: str) -> list[str]:
    (wrapper.parent / "user.py").write_text(code)
    command = [sys.executable, *words, *VALUES]
    done = subprocess.run(command, cwd=wrapper.parent, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_a_script_sees_its_arguments_and_its_neighbours(wrapper: Path) -> None:
    (wrapper.parent / "beside.py").write_text("from sys import argv")
    code = "import json\nfrom beside import argv\nif __name__ == '__main__': print(json.dumps(argv))"
    name, *words = _said(wrapper, code, str(wrapper))
    assert (Path(name).name, words) == ("user.py", ["--in=/data/a b/7", "$(x)", "7", "--own", "9"])


def test_variables_are_put_together_before_the_script_runs(wrapper: Path) -> None:
    assert _said(wrapper, "import json, os\nprint(json.dumps([os.environ['MODE']]))", str(wrapper)) == ["m-7"]


def test_an_entry_script_is_handed_on(wrapper: Path) -> None:
    code = (
        "import sys\nkept = sys.argv[1:]\ndef init():\n    pass\ndef run(batch):\n    return [*kept, batch]"
    )
    call = "import json, sys; import mlops_step as m; m.init(); print(json.dumps(m.run('rows')))"
    words = _said(wrapper, code, "-c", call)
    assert words == ["--in=/data/a b/7", "$(x)", "7", "--own", "9", "rows"]


def test_an_entry_script_may_be_told_its_own_arguments_alone(wrapper: Path) -> None:
    wrapper.with_suffix(".json").write_text(json.dumps(TOLD | {"alone": True}))
    code = "import sys\nkept = sys.argv[1:]\ndef run(batch):\n    return kept"
    assert _said(wrapper, code, "-c", "import json, mlops_step as m; print(json.dumps(m.run(1)))") == [
        "--in=/data/a b/7", "$(x)", "7"
    ]  # fmt: skip


def test_rows_of_texts_get_their_types(wrapper: Path) -> None:
    wrapper.with_suffix(".json").write_text(json.dumps(TOLD | {"types": True}))
    code = (
        "import json, pandas as pd, mlops_step as m\n"
        "rows = {'n': ['1', '', '3'], 'f': ['1', '.5', ''], 'b': ['true', 'false', 'true'], 't': ['7', 'x', '']}\n"
        "rows |= {'d': ['2026-11-20'] * 3, 'c': ['12:30'] * 3, 'q': ['a\\nb', ',', '\"']}\n"
        "print(json.dumps(m.run(pd.DataFrame(rows, index=[4, 5, 6], dtype=object))))"
    )
    user = (
        "def run(rows):\n"
        "    values = [[None if v != v or v is None else v for v in rows[name]] for name in 'nfbtcq']\n"
        "    return [list(rows.index), *values, rows.d.dt.day.tolist()]"
    )
    assert _said(wrapper, user, "-c", code) == [
        [4, 5, 6],
        [1, None, 3],
        [1, 0.5, None],
        [True, False, True],
        ["7", "x", None],
        ["12:30"] * 3,
        ["a\nb", ",", '"'],
        [20] * 3,
    ]

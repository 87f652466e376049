"""What a snapshot of code holds: equal where the content is, and another where that differs."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_cli.engine.pipelines.content import code_files, code_hash, content_hash
from mlops_cli.errors import UsageError
from tests.pipelines.world import Project

NOT_UTF8 = os.fsdecode(b"\xe9.py")


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    (folder / "lib").mkdir(parents=True)
    (folder / "main.py").write_text("print(1)\n")
    (folder / "lib" / "tool.sh").write_text("echo 1\n")
    return folder


def _write(name: str, text: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)

    return change


@pytest.mark.parametrize("change", [
    _write("main.py", "print(1)\r\n"),
    _write("\u00e9.py", ""),
    _write("e\u0301.py", ""),
    lambda folder: (folder / "lib" / "tool.sh").chmod(0o744),
    lambda folder: (folder / "main.py").rename(folder / "Main.py"),
    lambda folder: (folder / "link.py").symlink_to("main.py"),
])  # fmt: skip
def test_content_that_differs(code: Path, change: Callable[[Path], object]) -> None:
    before = code_hash(code)
    change(code)
    assert code_hash(code) != before


@pytest.mark.parametrize("change", [
    _write(".hidden", "x"),
    _write("__pycache__/main.pyc", "x"),
    _write(".gitignore", "*.log\n"),
    lambda folder: (folder / "empty").mkdir(),
    lambda folder: (folder / "gone.py").symlink_to("nowhere"),
    lambda folder: (folder / "loop").symlink_to("loop"),
    lambda folder: (folder / "main.py").chmod(0o600),
    lambda folder: os.utime(folder / "main.py", (0, 0)),
    lambda folder: shutil.copytree(folder, folder.parent / "another" / "place") and None,
])  # fmt: skip
def test_content_that_does_not(code: Path, change: Callable[[Path], object]) -> None:
    before = code_hash(code)
    change(code)
    another = code.parent / "another" / "place"
    assert code_hash(another if another.exists() else code) == before


def test_what_is_to_be_ignored_is_no_content(code: Path) -> None:
    before = code_hash(code)
    for name in ("run.log", "lib/run.log", "data/rows.csv", "data/keep.csv"):
        _write(name, "x")(code)
    (code / ".gitignore").write_text("# results\n*.log\ndata/\n")
    assert code_hash(code) == before
    (code / ".amlignore").write_text("*.log\ndata/*\n!data/keep.csv\n")
    names = [str(file.relative_to(code)) for file in code_files(code)]
    assert names == ["data/keep.csv", "lib/tool.sh", "main.py"]


def test_a_name_that_is_no_text_is_refused_in_code_and_taken_in_data(code: Path) -> None:
    known = content_hash(code)
    (code / NOT_UTF8).touch()
    assert content_hash(code) != known
    with pytest.raises(UsageError, match=r"xe9\.py"):
        code_hash(code)


def test_a_helper_that_is_made_executable_runs(project: Project) -> None:
    project.write("code/run.py", "import subprocess\nsubprocess.run(['./tool.sh'], check=True)\n")
    tool = project.write("code/tool.sh", "#!/bin/sh\necho it runs\n")
    project.pipeline("name: tool\nsteps:\n- {name: run, type: script, script: code/run.py}\n")
    project.mlops("pipeline", "run", "p.yaml", code=5)
    tool.chmod(0o755)
    run = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    assert "it runs" in project.mlops("pipeline", "logs", run, "run").stdout

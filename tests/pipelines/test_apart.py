"""The folders of runs: not related to each other, where the file system lets one say so."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from mlops_cli.engine.pipelines import layout
from mlops_cli.engine.pipelines.apart import make_run_dir


def test_the_folders_of_runs_are_told_to_be_apart_on_ext4(tmp_path: Path) -> None:
    make_run_dir(tmp_path, "one")

    runs = layout.run_dir(tmp_path, "one").parent
    if not shutil.which("chattr") or subprocess.run(["chattr", "+T", str(tmp_path)], check=False).returncode:
        pytest.skip("no chattr, or a file system that knows no such attribute")
    listed = subprocess.run(["lsattr", "-d", str(runs)], capture_output=True, text=True, check=True)
    assert "T" in listed.stdout.split()[0]


def test_a_folder_is_made_where_the_file_system_knows_no_attributes() -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir():
        pytest.skip("this machine has no file system in memory")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        make_run_dir(Path(folder), "one")
        make_run_dir(Path(folder), "one")

        assert layout.run_dir(Path(folder), "one").is_dir()

"""The pytest fixture for other people's projects."""

import subprocess
import sys

import pytest

TEST = """
import sys


def test_with_emulator(azureml_emulator, tmp_path):
    assert azureml_emulator.save_config(tmp_path).name == "config.json"
    azureml_emulator.add_fault(action="delay", seconds=0)
    azureml_emulator.clear_faults()
    done = azureml_emulator.run([sys.executable, "-c", "import os; print(os.environ['HTTPS_PROXY'])"])
    assert done.stdout.startswith("http://127.0.0.1:")
"""


def test_fixture_gives_an_emulator(tmp_path):
    pytest.importorskip("trustme")
    (tmp_path / "conftest.py").write_text("from mlops_cli.emulator.pytest_plugin import azureml_emulator\n")
    (tmp_path / "test_theirs.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "1 passed" in ended.stdout, ended.stdout + ended.stderr

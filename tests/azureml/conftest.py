"""`mlops` with the real SDK against the emulator, in processes of an interpreter that has it."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY, Result

COMMANDS = Path(__file__).with_name("commands.py")
TIMEOUT_SECONDS = 300


def sdk_python() -> str:
    """An interpreter that has the Azure ML SDK and this package: $MLOPS_AZURE_PYTHON, or this one."""
    if given := os.environ.get("MLOPS_AZURE_PYTHON"):
        return given
    try:
        found = find_spec("azureml.core") is not None
    except ModuleNotFoundError:
        found = False
    if not found:
        pytest.skip(
            "the Azure ML SDK is not installed here: pip install 'mlops-cli[azure]' or MLOPS_AZURE_PYTHON"
        )
    return sys.executable


class Commands:
    """Runs command lines with one profile, in a project folder of its own."""

    def __init__(self, project: Path, python: str, environ: dict[str, str], profile: str) -> None:
        self.project = project
        self.python = python
        self.profile = profile
        self.environ = {**environ, "COLUMNS": "80", "NO_COLOR": "1", "CI": "true"}

    def run(self, *lines: str, **environ: str | None) -> list[Result]:
        """Run the lines (words as in a shell) in one process; `environ` changes it, None removes."""
        source, target = self.project / "in.json", self.project / "out.json"
        source.write_text(json.dumps([["--profile", self.profile, *shlex.split(line)] for line in lines]))
        changed = {**self.environ, **{k: v for k, v in environ.items() if v is not None}}
        for name in (name for name, value in environ.items() if value is None):
            changed.pop(name, None)
        command = [self.python, str(COMMANDS), str(source), str(target)]
        done = subprocess.run(
            command, env=changed, cwd=self.project, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == "", "the SDK's chatter reached stdout"
        return [Result(**result) for result in json.loads(target.read_text())]

    def __call__(self, line: str, code: int = 0, **environ: str | None) -> Result:
        """Run one line and check its exit code."""
        [result] = self.run(line, **environ)
        assert result.code == code, f"exit code {result.code}\n{result.stdout}\n{result.stderr}"
        return result

    def json(self, *lines: str, **environ: str | None) -> list[Any]:
        """The documents of lines that must all end with 0."""
        results = self.run(*(f"{line} -o json" for line in lines), **environ)
        for line, result in zip(lines, results, strict=True):
            assert result.code == 0, f"{line}: exit code {result.code}\n{result.stdout}\n{result.stderr}"
        return [result.json() for result in results]


UNWANTED = ("AZURE", "MLOPS", "ACTIONS_", "SYSTEM_", "MSI_", "IDENTITY_", "IMDS_")


def clean(environ: dict[str, str]) -> dict[str, str]:
    """This process's environment without what could sign in or change a profile, and with `environ`."""
    return {k: v for k, v in os.environ.items() if not k.startswith(UNWANTED)} | environ


@pytest.fixture
def azure(tmp_path: Path, azureml_emulator: Any) -> Commands:
    """A project of its own; the workspace is shared by the session."""
    azureml_emulator.clear_faults()
    shutil.copytree(REPOSITORY / "configs", tmp_path / "configs")
    variables = azureml_emulator.emulator.environment(os.environ)
    return Commands(tmp_path, sdk_python(), clean(variables), "azure")


@pytest.fixture
def bank(azure: Commands) -> Commands:
    """A project with a part of the sample data."""
    lines = (REPOSITORY / "data" / "bank_marketing_sample.csv").read_text().splitlines()
    (azure.project / "bank.csv").write_text("\n".join(lines[:801]) + "\n")
    return azure


def program(azure: Commands, code: str) -> str:
    """Run a program that somebody else might have written; what it printed last."""
    head = "from azureml.core import *\nws = Workspace.get(**WORKSPACE)\n"
    names = azure.environ
    workspace = {
        "name": names["AZURE_WORKSPACE_NAME"],
        "subscription_id": names["AZURE_SUBSCRIPTION_ID"],
        "resource_group": names["AZURE_RESOURCE_GROUP"],
    }
    done = subprocess.run(
        [azure.python, "-W", "ignore", "-c", f"WORKSPACE = {workspace!r}\n{head}{code}"],
        env=azure.environ, cwd=azure.project, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

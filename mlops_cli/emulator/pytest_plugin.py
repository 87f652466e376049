"""A pytest fixture: `def test_x(azureml_emulator): azureml_emulator.run(["python", "train.py"])`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mlops_cli.emulator.lifecycle import Emulator


class RunningEmulator:
    """An emulator of the test session, and programs that take it for Azure."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    @property
    def environment(self) -> dict[str, str]:
        """This process's environment with the emulator's variables."""
        return {**os.environ, **self.emulator.environment(os.environ)}

    def run(self, command: Sequence[str], **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a program to its end with its output captured; `options` are those of subprocess.run."""
        settings = {"capture_output": True, "text": True, "check": False, **options}
        return subprocess.run(list(command), env=self.environment, **settings)

    def save_config(self, folder: Path) -> Path:
        """Write the config.json for `Workspace.from_config()` into `folder`."""
        from mlops_cli.emulator.lifecycle import write_workspace_config

        return write_workspace_config(self.emulator, folder)

    def add_fault(self, **fault: Any) -> None:
        """Let calls fail, see `mlops_cli.emulator.faults.Fault`."""
        self.emulator.control("POST", "/emulator/faults", fault)

    def clear_faults(self) -> None:
        self.emulator.control("DELETE", "/emulator/faults")


@pytest.fixture(scope="session")
def azureml_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """A fresh, fast emulator of Azure ML for the session; stopped at its end."""
    from mlops_cli.emulator.lifecycle import Emulator, Settings

    emulator = Emulator(tmp_path_factory.mktemp("azureml-emulator"))
    emulator.start(Settings(fast=True), until=os.getpid())
    yield RunningEmulator(emulator)
    emulator.stop()
    emulator.end_work()

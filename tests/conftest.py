"""The frozen world of the tests: an empty project, 80 columns, no colour, nothing of the real environment."""

import io
import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

# A suite that a script starts in the background inherits an ignored Ctrl-C; the commands under test must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).resolve().parent.parent
REAL_DATA = REPOSITORY.parent / "shared" / "data"


@dataclass(frozen=True)
class Result:
    """What a command line left: its exit code and both streams."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """stdout as the one JSON document it must be."""
        return json.loads(self.stdout)


class Mlops:
    """`mlops` in this process, in a project folder of its own."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.home = project / ".mlops"
        self.environ = {"COLUMNS": "80", "NO_COLOR": "1", "CI": "true"}

    def __call__(self, *args: str | Path, code: int | None = 0) -> Result:
        """Run `mlops ARGS`; fails the test unless the exit code is `code` (None: any)."""
        from mlops_cli.cli.app import App
        from mlops_cli.cli.main import run

        out, err = io.StringIO(), io.StringIO()
        app = App(environ=self.environ, cwd=self.project, stdout=out, stderr=err)
        result = Result(run([str(arg) for arg in args], app), out.getvalue(), err.getvalue())
        if code is not None:
            assert result.code == code, f"exit code {result.code}\n{result.stdout}\n{result.stderr}"
        return result

    def profile(self, text: str) -> Path:
        """Write configs/local.yaml, the default profile."""
        path = self.project / "configs" / "local.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path


@pytest.fixture
def mlops(tmp_path: Path) -> Iterator[Mlops]:
    """A command line whose endpoints and runs are gone after the test."""
    world = Mlops(tmp_path)
    yield world
    if (world.home / "store.sqlite").exists():
        _end_everything(world)


def _end_everything(world: Mlops) -> None:
    for endpoint in world("endpoints", "list", "-o", "json").json():
        world("endpoints", "delete", endpoint["name"], "--yes", code=None)
    for run in world("runs", "list", "-o", "json").json():
        world("runs", "cancel", run["run_id"], code=None)


def _real(name: str) -> Path:
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"the real file {name} is not beside the checkout (shared/data)")
    return path


@pytest.fixture(scope="session")
def bank_csv() -> Path:
    """The real Bank Marketing file."""
    return _real("bankmarketing_train.csv")


@pytest.fixture(scope="session")
def bike_csv() -> Path:
    """The real Bike Sharing file."""
    return _real("bike-no.csv")


@pytest.fixture(scope="session")
def azure_swagger() -> Any:
    """The swagger.json that Azure made for a Bank Marketing model."""
    return json.loads(_real("azure-swagger-bank-marketing.json").read_text())


@pytest.fixture(scope="session")
def bank_sample() -> Path:
    """The synthetic Bank Marketing sample of the repository."""
    return REPOSITORY / "data" / "bank_marketing_sample.csv"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed: this browser test is left out")
    return path

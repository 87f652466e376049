"""One emulator for all tests of this folder, whichever worker they run in; real SDK programs against it."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mlops_cli.engine.files import locked
from tests.emulator.bank import bank_csv

PROGRAMS = Path(__file__).parent / "programs"
DATA = Path(__file__).parents[2].parent / "shared" / "data"
SAMPLE_URL = "https://automlsamplenotebookdata.blob.core.windows.net/automl-sample-notebook-data/people.csv"
BANK_URL = SAMPLE_URL.replace("people", "bankmarketing_train")
PLAIN_URL = "https://example.org/data/people.csv"
IN_FIRST_WORKSPACE = ("auth", "workspaces")
PEOPLE = "name,age,score\n" + "".join(f"p{i},{20 + i % 50},{i / 2}\n" for i in range(200))


def installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    """A folder that all workers of this test session see."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "emulator"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def emulator(shared_folder):
    """A running, fast emulator with sample data; the last worker that leaves stops it."""
    if not installed("trustme"):
        pytest.skip('the emulator is not installed: pip install "mlops-cli[emulator]"')
    from mlops_cli.emulator.lifecycle import Emulator, Settings

    people = shared_folder / "people.csv"
    bank = shared_folder / "bank.csv"
    users = shared_folder / "users"
    found = Emulator(shared_folder / "instance")
    with locked(shared_folder / "emulator.lock"):
        if not people.exists():
            people.write_text(PEOPLE)
            bank.write_text(bank_csv())
        maps = {SAMPLE_URL: str(people), PLAIN_URL: str(people), BANK_URL: str(bank)}
        session = os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()
        found.start(Settings(fast=True, maps=maps), until=session)
        users.write_text(str(int(users.read_text() if users.exists() else 0) + 1))
    yield found
    with locked(shared_folder / "emulator.lock"):
        left = int(users.read_text()) - 1
        users.write_text(str(left))
        if left == 0:
            found.stop()
            found.end_work()


@pytest.fixture(scope="session")
def program(emulator, shared_folder):
    """Run a program of `programs/` with the unmodified SDK, once per session; what it noted.

    The process gets the emulator's variables, a config.json and nothing else.
    """
    if not installed("azureml.core"):
        pytest.skip('Azure ML\'s SDK is not installed: pip install "mlops-cli[azure]" (Python 3.11)')
    from mlops_cli.emulator.lifecycle import write_workspace_config

    def run(name: str) -> dict:
        folder = shared_folder / name
        with locked(shared_folder / f"{name}.lock"):
            if not (folder / "outcome.txt").exists():
                folder.mkdir(exist_ok=True)
                write_workspace_config(emulator, folder)
                if name not in IN_FIRST_WORKSPACE:
                    own_workspace(emulator, folder / "config.json", name)
                (folder / "outcome.txt").write_text(_run(emulator, name, folder))
        failure = (folder / "outcome.txt").read_text()
        assert not failure, failure
        return json.loads((folder / "result.json").read_text())

    return run


def own_workspace(emulator, config: Path, name: str) -> None:
    """Make a workspace for the program beside `config`: what others make is not in its lists."""
    document = {**json.loads(config.read_text()), "workspace_name": f"ws-{name}"}
    emulator.control("PUT", "/emulator/workspaces", document)
    config.write_text(json.dumps(document))


def _run(emulator, name: str, folder: Path) -> str:
    """Run the program to its end; what went wrong, if anything did."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AZUREML_", "COV_"))}
    environment |= emulator.environment(os.environ)
    identity = emulator.identity
    environment["EMULATOR_CONTROL"] = f"http://127.0.0.1:{identity.port} {identity.control_key}"
    command = [sys.executable, "-W", "ignore", str(PROGRAMS / f"{name}.py"), "result.json"]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    return "" if ended.returncode == 0 else f"{name}: {ended.stdout[-2000:]}\n{ended.stderr[-4000:]}"


@pytest.fixture
def wire(emulator):
    """Raw calls to the shared emulator."""
    from tests.emulator.wire import Wire

    found = Wire(emulator)
    yield found
    found.session.close()


@pytest.fixture
def own_emulator(tmp_path):
    """An emulator of the test's own, not yet started; gone after the test."""
    if not installed("trustme"):
        pytest.skip('the emulator is not installed: pip install "mlops-cli[emulator]"')
    from mlops_cli.emulator.lifecycle import Emulator

    found = Emulator(tmp_path / "emulator")
    yield found
    found.stop()
    found.end_work()

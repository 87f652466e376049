"""`mlops deploy --target docker|kubernetes`: what is written runs by itself, and holds no key."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.cli import toy
from tests.conftest import Mlops

KEY = "0123456789abcdef0123"
PATIENCE = 30.0
ROWS = {"data": [{"age": 50, "job": "admin.", "rate": 1.5}, {"age": 20, "job": "student", "rate": None}]}
Start = Callable[..., "Running"]


class Running:
    """An exported service that was started in a process of its own."""

    def __init__(self, folder: Path, environ: dict[str, str], *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        command = [sys.executable, str(folder / "serve.py"), "--port", str(self.port), *options]
        plain = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SCORING"))
        }
        self.output = folder.parent / f"output-{self.port}"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=folder.parent, env={**plain, **environ}, stdout=output, stderr=output
            )

    def ask(self, method: str, path: str, key: str = KEY, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {key}", "Connection": "close"}
        url = f"http://127.0.0.1:{self.port}{path}"
        return requests.request(method, url, headers=headers, timeout=PATIENCE, **more)

    def until(self, condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := condition():
                return found
            time.sleep(0.05)
        raise AssertionError(self.output.read_text())

    def is_up(self) -> bool:
        try:
            return self.ask("GET", "/").ok
        except requests.ConnectionError:
            return False

    def ready(self) -> "Running":
        """Once every worker serves: a socket without its worker would keep us waiting."""
        self.until(lambda: self.output.read_text().count("is ready") and self.is_up())
        return self

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output.read_text().splitlines()]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Running] = []

    def go(folder: Path, environ: dict[str, str] | None = None, *options: str) -> Running:
        running.append(
            Running(folder, {"SCORING_PRIMARY_KEY": KEY} if environ is None else environ, *options)
        )
        return running[-1]

    yield go
    for process in running:
        process.close()


@pytest.fixture
def folder(mlops: Mlops) -> Path:
    toy.register(mlops)
    mlops("deploy", "--target", "kubernetes", "--out", "out")
    return mlops.project / "out"


def test_what_is_written(folder: Path, mlops: Mlops) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        ".dockerignore", "Dockerfile", "README.md", "app", "compose.yaml", "kubernetes",
        "requirements.txt", "serve.py", "service",
    ]  # fmt: skip
    assert sorted(path.name for path in (folder / "kubernetes").iterdir()) == [
        "deployment.yaml", "hpa.yaml", "kustomization.yaml", "secret.template.yaml", "service.yaml",
    ]  # fmt: skip
    packages = (folder / "requirements.txt").read_text().split()
    assert all("==" in package for package in packages)
    assert {"httptools", "msgspec", "uvloop", "numpy"} == {package.split("==")[0] for package in packages}
    assert mlops("endpoints", "list", "-o", "json").json() == []


def test_no_key_and_no_private_file_is_written(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in files if "secrets" in path.name or path.suffix == ".log"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o644}
    secret = yaml.safe_load((folder / "kubernetes" / "secret.template.yaml").read_text())
    assert secret["stringData"] == {"primary": "", "secondary": ""}


def test_the_exported_service_runs_on_its_own_code(folder: Path, start: Start) -> None:
    service = start(folder).ready()
    assert json.loads(service.ask("POST", "/score", json=ROWS).json()) == {"result": ["yes", "no"]}
    assert service.ask("POST", "/score", "wrong-key", json=ROWS).status_code == 401
    assert service.ask("GET", "/swagger.json?version=3.1").json()["openapi"] == "3.1.0"
    assert 'id="form"' in service.ask("GET", "/ui").text
    environ = {**os.environ, "PYTHONPATH": str(folder / "app")}
    command = [sys.executable, "-P", "-c", "import mlops_cli; print(mlops_cli.__file__)"]
    found = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.strip()
    assert found == str(folder / "app" / "mlops_cli" / "__init__.py")
    cmdlines = [Path(f"/proc/{service.process.pid}/environ").read_bytes()]
    assert f"PYTHONPATH={folder / 'app'}".encode() in cmdlines[0]


def test_it_drains_at_sigterm_and_logs_json_to_stdout(folder: Path, start: Start) -> None:
    service = start(folder, None, "--workers", "2").ready()
    service.until(lambda: service.output.read_text().count("is ready") == 2)
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(PATIENCE) == 0
    messages = [line["message"] for line in service.lines()]
    assert sum(message.endswith("has ended") for message in messages) == 2
    assert "toy loaded" in messages


def test_a_worker_that_dies_is_replaced(folder: Path, start: Start) -> None:
    service = start(folder).ready()
    first = next(
        line["message"].split()[1] for line in service.lines() if line["message"].startswith("worker")
    )
    os.kill(int(first), signal.SIGKILL)
    service.until(lambda: service.output.read_text().count("is ready") == 2)
    assert service.ask("POST", "/score", json=ROWS).ok


def test_it_does_not_start_without_a_key(folder: Path, start: Start, tmp_path: Path) -> None:
    for environ in (
        {},
        {"SCORING_PRIMARY_KEY": "short"},
        {"SCORING_PRIMARY_KEY_FILE": str(tmp_path / "none")},
    ):
        service = start(folder, environ)
        assert service.process.wait(PATIENCE) == 3
        assert service.output.read_text().startswith("cannot start: ")


def test_it_does_not_share_the_port_of_another_service(folder: Path, start: Start) -> None:
    first = start(folder).ready()
    second = start(folder, None, "--port", str(first.port))
    assert second.process.wait(PATIENCE) == 3
    assert f"cannot listen on 127.0.0.1:{first.port}" in second.output.read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--workers", "0"), "argument --workers: 0 is not from 1 to 64"),
        (("--port", "99999"), "argument --port: 99999 is not from 0 to 65535"),
        (("--port", "x"), "argument --port: invalid number value: 'x'"),
    ],
)
def test_a_wrong_number_is_told(folder: Path, start: Start, options: tuple[str, str], said: str) -> None:
    service = start(folder, None, *options)
    assert service.process.wait(PATIENCE) == 2
    assert said in service.output.read_text()
    assert "[--workers WORKERS]\n" in service.output.read_text()


def test_keys_come_from_files_too(folder: Path, start: Start, tmp_path: Path) -> None:
    (tmp_path / "one").write_text(KEY + "\n")
    (tmp_path / "two").write_text("another-key-of-mine\n")
    places = {"SCORING_PRIMARY_KEY_FILE": "one", "SCORING_SECONDARY_KEY_FILE": "two"}
    service = start(folder, {name: str(tmp_path / file) for name, file in places.items()}).ready()
    assert service.ask("POST", "/score", json=ROWS).ok
    assert service.ask("POST", "/score", "another-key-of-mine", json=ROWS).ok


def test_data_are_collected_in_the_folder_that_is_named(mlops: Mlops, start: Start, tmp_path: Path) -> None:
    toy.register(mlops)
    mlops("deploy", "--target", "docker", "--out", "out", "--collect-data")
    out, place = mlops.project / "out", tmp_path / "volume"
    assert "SCORING_DATA_DIR" in (out / "README.md").read_text()
    keys = {"SCORING_PRIMARY_KEY": KEY}
    missing = start(out, keys | {"SCORING_DATA_DIR": str(place)})
    assert missing.process.wait(PATIENCE) == 3
    assert "cannot collect data" in missing.output.read_text()
    place.mkdir()
    service = start(out, keys | {"SCORING_DATA_DIR": str(place)}).ready()
    assert service.ask("POST", "/score", json=ROWS).ok
    service.until(lambda: (place / "collected.jsonl").read_text())
    record = json.loads((place / "collected.jsonl").read_text())
    assert record["inputs"] == ROWS
    nowhere = start(out, keys).ready()
    assert nowhere.ask("POST", "/score", json=ROWS).ok


def test_workers_do_not_inherit_the_keys(mlops: Mlops, start: Start) -> None:
    text = (
        "import os\ndef init(): pass\ndef run(data): return sorted(n for n in os.environ if 'SCORING' in n)\n"
    )
    (mlops.project / "mine.py").write_text(text)
    mlops.profile(toy.PROFILE)
    mlops("deploy", "--target", "docker", "--out", "out", "--entry-script", "mine.py")
    service = start(mlops.project / "out").ready()
    assert service.ask("POST", "/score", data=b"x").json() == []


def test_a_script_that_fails_to_load_ends_the_service(folder: Path, start: Start) -> None:
    (folder / "service" / "model" / "score.py").write_text("raise ValueError('broken')\n")
    service = start(folder)
    assert service.process.wait(PATIENCE) == 3
    assert "broken" in service.output.read_text()


def test_the_packages_that_a_script_imports_are_pinned(mlops: Mlops) -> None:
    (mlops.project / "mine.py").write_text(
        "import yaml\nfrom sklearn import tree\nimport json\nimport mlops_cli.domain\n"
        "def init(): pass\ndef run(data): return data\n"
    )
    mlops.profile(toy.PROFILE)
    mlops("deploy", "--target", "docker", "--out", "out", "--entry-script", "mine.py")
    lines = (mlops.project / "out" / "requirements.txt").read_text().split()
    names = {line.split("==")[0] for line in lines}
    assert {"pyyaml", "scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl"} < names
    assert not {"mlops-cli", "pytest", "pandas", "json"} & names
    assert not (mlops.project / "out" / "kubernetes").exists()


def test_the_same_again_changes_nothing(folder: Path, mlops: Mlops) -> None:
    before = (folder / "README.md").stat().st_ino
    again = mlops("deploy", "--target", "kubernetes", "--out", "out", "-o", "json", "--exit-code").json()
    assert (again["changed"], (folder / "README.md").stat().st_ino) == (False, before)
    toy.register(mlops, limit=60)
    again = mlops(
        "deploy", "--target", "kubernetes", "--out", "out", "-o", "json", "--exit-code", code=3
    ).json()
    assert again["changed"]


def test_a_folder_that_holds_something_else_is_left_alone(mlops: Mlops) -> None:
    toy.register(mlops)
    (mlops.project / "mine").mkdir()
    (mlops.project / "mine" / "precious").write_text("x")
    done = mlops("deploy", "--target", "docker", "--out", "mine", code=2)
    assert "holds something else" in done.stderr
    assert [path.name for path in (mlops.project / "mine").iterdir()] == ["precious"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target", "docker"), "--out DIR"),
        (("--out", "out"), "--target docker or kubernetes"),
        (("--target", "docker", "--out", "out", "--auth", "token"), "--auth key"),
    ],
)
def test_what_does_not_go_together_is_told(mlops: Mlops, arguments: tuple[str, ...], said: str) -> None:
    toy.register(mlops)
    assert said in mlops("deploy", *arguments, code=2).stderr
    assert not (mlops.project / "out").exists()


def test_a_model_that_fails_is_not_written(mlops: Mlops) -> None:
    (mlops.project / "mine.py").write_text(
        "def init(): raise ValueError('no weights')\ndef run(data): pass\n"
    )
    mlops.profile(toy.PROFILE)
    done = mlops("deploy", "--target", "docker", "--out", "out", "--entry-script", "mine.py", code=5)
    assert "no weights" in done.stderr
    assert not (mlops.project / "out").exists()


def test_a_dry_run_writes_nothing(mlops: Mlops) -> None:
    toy.register(mlops)
    done = mlops("deploy", "--target", "docker", "--out", "out", "--dry-run", "--exit-code", code=3)
    assert done.stdout == f"would write {mlops.project / 'out'}\n"
    assert not (mlops.project / "out").exists()

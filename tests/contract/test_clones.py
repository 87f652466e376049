"""Two CI machines that publish the same commit at once make one version."""

import json
import secrets
import subprocess
from pathlib import Path

import pytest

from tests.contract.conftest import BACKENDS, PROFILES, commands_of
from tests.contract.pipeline_files import CLEAN, COUNT, TWO


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_clones_publish_one_version(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    name = f"clones-{secrets.token_hex(3)}"
    commands = commands_of(backend, request, _repository(tmp_path / "origin", backend, name))
    environ = commands.environ | {"MLOPS_HOME": str(tmp_path / "home")}
    command = [commands.python, "-m", "mlops_cli", "--profile", commands.profile, "-o", "json", "pipeline"]
    clones = [tmp_path / "first", tmp_path / "second"]
    for clone in clones:
        _git(tmp_path, "clone", "-q", str(tmp_path / "origin"), str(clone))
    both = [
        subprocess.Popen([*command, "publish", "two.yaml"], cwd=clone, env=environ, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for clone in clones
    ]  # fmt: skip
    try:
        told = [one.communicate(timeout=200) for one in both]
        assert [one.returncode for one in both] == [0, 0], told
        versions = [json.loads(out) for out, _ in told]
        listed = _said([*command, "list", name], clones[0], environ)
    finally:
        if backend == "local":
            _said([*command, "server", "stop"], clones[0], environ)
    assert sorted(one["changed"] for one in versions) == [False, True]
    assert versions[0]["id"] == versions[1]["id"]
    commit = _git(clones[0], "rev-parse", "HEAD")
    seen = [(one["id"], one["version"], one["git_commit"], one["enabled"]) for one in listed]
    assert seen == [(versions[0]["id"], 1, commit, True)]


def _repository(folder: Path, backend: str, name: str) -> Path:
    (folder / "configs").mkdir(parents=True)
    (folder / "code").mkdir()
    profile = "local" if backend == "local" else "azure"
    for file, text in {
        f"configs/{profile}.yaml": PROFILES[backend],
        "two.yaml": TWO.replace("NAME", name),
        "code/clean.py": CLEAN,
        "code/count.py": COUNT,
        "raw.csv": "a,b\n1,2\n",
    }.items():
        (folder / file).write_text(text)
    _git(folder, "init", "-q")
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "a pipeline")
    return folder


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _said(command: list[str], folder: Path, environ: dict[str, str]) -> list[dict[str, object]]:
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found

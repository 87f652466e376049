"""CI machines that publish at once: the same commit makes one version, different ones a version each."""

import json
import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.azureml.conftest import Commands
from tests.contract.conftest import BACKENDS, PROFILES, commands_of
from tests.contract.pipeline_files import CLEAN, COUNT, TWO


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_clones_publish_one_version(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    name = f"clones-{secrets.token_hex(3)}"
    machines = Machines(
        commands_of(backend, request, _repository(tmp_path / "origin", backend, name)), tmp_path
    )
    clones = machines.clone("first", "second")
    with machines:
        versions = machines.publish(clones)
        listed = machines.said(clones[0], "list", name)
    assert sorted(one["changed"] for one in versions) == [False, True]
    assert versions[0]["id"] == versions[1]["id"]
    commit = _git(clones[0], "rev-parse", "HEAD")
    seen = [(one["id"], one["version"], one["git_commit"], one["enabled"]) for one in listed]
    assert seen == [(versions[0]["id"], 1, commit, True)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_clones_that_differ_publish_a_version_each(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    name = f"clones-{secrets.token_hex(3)}"
    machines = Machines(
        commands_of(backend, request, _repository(tmp_path / "origin", backend, name)), tmp_path
    )
    clones = machines.clone("first", "second", "third")
    for clone in clones:
        (clone / "code" / "count.py").write_text(f"print({clone.name!r})\n")
    with machines:
        machines.publish(clones[:1])
        versions = machines.publish(clones, "--set-default", "--keep", "2")
        listed = machines.said(clones[0], "list", name)
    assert len({one["content_hash"] for one in versions}) == len(clones)
    [default] = [one for one in listed if one["is_default"]]
    assert default["id"] in [one["id"] for one in versions]
    assert default["enabled"]


class Machines:
    """Clones of a repository, on a machine each as far as the workspace can tell."""

    def __init__(self, commands: Commands, folder: Path) -> None:
        self._folder, self._local = folder, commands.profile == "local"
        self._environ = commands.environ | {"MLOPS_HOME": str(folder / "home")}
        program = [commands.python, "-m", "mlops_cli", "--profile", commands.profile]
        self._command = [*program, "-o", "json", "pipeline"]

    def clone(self, *names: str) -> list[Path]:
        for name in names:
            _git(self._folder, "clone", "-q", "origin", name)
        return [self._folder / name for name in names]

    def publish(self, clones: list[Path], *options: str) -> list[dict[str, Any]]:
        """All at once."""
        running = [
            subprocess.Popen([*self._command, "publish", "two.yaml", *options], cwd=clone, env=self._environ,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for clone in clones
        ]  # fmt: skip
        told = [one.communicate(timeout=200) for one in running]
        assert [one.returncode for one in running] == [0] * len(clones), told
        return [json.loads(out) for out, _ in told]

    def said(self, clone: Path, *words: str) -> Any:
        done = subprocess.run([*self._command, *words], cwd=clone, env=self._environ, capture_output=True,
                              text=True, timeout=100)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        if self._local:
            self.said(self._folder / "origin", "server", "stop")


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

"""`pipeline publish`: an upsert by content, made for CI."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError, UsageError
from tests.pipelines.world import PIPELINE, Project


@pytest.fixture
def bank(project: Project) -> Project:
    project.write("code/say.py", "import sys\nprint(*sys.argv[1:])\n")
    project.pipeline(PIPELINE)
    return project


def test_the_same_content_is_one_version(bank: Project) -> None:
    first = bank.mlops("pipeline", "publish", "p.yaml", "--exit-code", "-o", "json", code=3).json()
    assert (first["name"], first["version"], first["changed"], first["is_default"]) == (
        "Bank Retrain", 1, True, True,
    )  # fmt: skip
    assert first["endpoint"].startswith("http://127.0.0.1:")
    again = bank.mlops("pipeline", "publish", "p.yaml", "--exit-code", "-o", "json").json()
    assert again == first | {"changed": False}
    assert "Bank Retrain: unchanged, v1" in bank.mlops("pipeline", "publish", "p.yaml").stdout


@pytest.mark.parametrize("change", ["graph", "code", "parameter"])
def test_what_makes_a_new_version(change: str, bank: Project) -> None:
    bank.mlops("pipeline", "publish", "p.yaml")
    if change == "graph":
        bank.pipeline(PIPELINE + "- {name: again, type: script, script: code/say.py}\n")
    elif change == "code":
        bank.write("code/say.py", "print('other')\n")
    else:
        bank.pipeline(PIPELINE.replace("number: 3", "number: 4"))
    dry = bank.mlops("pipeline", "publish", "p.yaml", "--dry-run", "--exit-code", "-o", "json", code=3).json()
    assert (dry["version"], len(bank.mlops("pipeline", "list", "-o", "json").json())) == (2, 1)
    new = bank.mlops("pipeline", "publish", "p.yaml", "-o", "json").json()
    assert (new["version"], new["changed"], new["is_default"]) == (2, True, False)


def test_default_rollback_and_keep(bank: Project) -> None:
    for number in range(4):
        bank.write("code/say.py", f"print({number})\n")
        bank.mlops("pipeline", "publish", "p.yaml", "--set-default")

    def versions() -> dict[int, bool]:
        found = bank.mlops("pipeline", "list", "Bank Retrain", "-o", "json").json()
        return {one["version"]: one["is_default"] for one in found}

    assert versions() == {4: True, 3: False, 2: False, 1: False}
    back = bank.mlops("pipeline", "rollback", "Bank Retrain")
    assert back.stdout == "v3 is now the default of Bank Retrain\n"
    bank.mlops("pipeline", "rollback", "Bank Retrain", "--to", "1")
    assert versions()[1]
    none = bank.mlops("pipeline", "rollback", "Bank Retrain", code=2)
    assert "there is no version of 'Bank Retrain' before its default, v1" in none.stderr

    kept = bank.mlops("pipeline", "publish", "p.yaml", "--keep", "2", "-o", "json").json()
    assert (kept["changed"], kept["removed"], list(versions())) == (False, [2], [4, 3, 1])
    dry = bank.mlops("pipeline", "publish", "p.yaml", "--set-default", "--dry-run", "--exit-code", code=3)
    assert dry.stdout == "Bank Retrain: would be made the default, v4\n"
    moved = bank.mlops("pipeline", "publish", "p.yaml", "--set-default", "--exit-code", code=3)
    assert "Bank Retrain: default changed, v4, the default" in moved.stdout


def test_a_disabled_version_does_not_become_the_default(bank: Project) -> None:
    bank.mlops("pipeline", "publish", "p.yaml")
    bank.write("code/say.py", "print(2)\n")
    bank.mlops("pipeline", "publish", "p.yaml")
    bank.mlops("pipeline", "disable", "Bank Retrain:2")
    for options in ([], ["--dry-run"]):
        refused = bank.mlops("pipeline", "publish", "p.yaml", "--set-default", *options, code=2)
        assert "v2 of pipeline 'Bank Retrain' is disabled" in refused.stderr
    assert Store(bank.home).published.endpoint("Bank Retrain").default_version == 1


@pytest.mark.parametrize("words", ["trigger", "rollback", "enable", "list"])
def test_no_name_is_no_pipeline(bank: Project, words: str) -> None:
    bank.mlops("pipeline", "publish", "p.yaml")
    refused = bank.mlops("pipeline", words, "", "-o", "json", code=4 if words in ("rollback", "list") else 2)
    assert "unexpected" not in refused.json()["error"]["message"]


def test_two_clones_that_publish_at_once_make_one_version(bank: Project, tmp_path: Path) -> None:
    clones = []
    for name in ("one", "two"):
        clone = tmp_path / name
        (clone / "code").mkdir(parents=True)
        (clone / "p.yaml").write_text(PIPELINE)
        (clone / "code" / "say.py").write_text("import sys\nprint(*sys.argv[1:])\n")
        clones.append(clone)
    command = [sys.executable, "-m", "mlops_cli", "pipeline", "publish", "p.yaml", "-o", "json"]
    environ = {"MLOPS_HOME": str(bank.home), "CI": "true", "PATH": "/usr/bin:/bin"}
    running = [
        subprocess.Popen(command, cwd=clone, env=environ, stdout=subprocess.PIPE, text=True)
        for clone in clones * 2
    ]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    assert {(answer["id"], answer["version"]) for answer in answers} == {(answers[0]["id"], 1)}
    assert sum(answer["changed"] for answer in answers) == 1
    assert len(Store(bank.home).published.all()) == 1


def test_machines_that_forget_versions_at_once_do_not_mind_each_other(bank: Project, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mlops_cli",
        "pipeline",
        "publish",
        "p.yaml",
        "--set-default",
        "--keep",
        "1",
    ]
    environ = os.environ | {"MLOPS_HOME": str(bank.home), "CI": "true"}
    for turn in range(4):
        running = []
        for name in ("one", "two", "three", "four", "five"):
            clone = tmp_path / name
            (clone / "code").mkdir(parents=True, exist_ok=True)
            (clone / "p.yaml").write_text(PIPELINE)
            (clone / "code" / "say.py").write_text(f"print({turn}, '{name}')\n")
            running.append(
                subprocess.Popen(command, cwd=clone, env=environ, stderr=subprocess.PIPE, text=True)
            )
        told = [process.communicate(timeout=60)[1] for process in running]
        assert [process.returncode for process in running] == [0] * 5, told
    [left] = Store(bank.home).published.all()
    assert Store(bank.home).published.endpoint("Bank Retrain").default_version == left.version


def test_a_version_that_a_schedule_runs_is_kept(bank: Project) -> None:
    for number in range(3):
        bank.write("code/say.py", f"print({number})\n")
        bank.mlops("pipeline", "publish", "p.yaml", "--set-default")
    bank.mlops("pipeline", "schedule", "create", "old", "Bank Retrain:1", "--every", "Day")
    kept = bank.mlops("pipeline", "publish", "p.yaml", "--keep", "1", "-o", "json").json()
    assert kept["removed"] == [2]
    at = bank.mlops("pipeline", "schedule", "test", "old", "--at", "2026-12-04T06:30", "-o", "json").json()
    assert at["would_run"]["problem"] is None


def test_a_default_is_not_forgotten_and_what_was_forgotten_is_not_found(bank: Project) -> None:
    bank.mlops("pipeline", "publish", "p.yaml")
    published = Store(bank.home).published
    with pytest.raises(UsageError, match="v1 is the default"):
        published.remove("Bank Retrain", 1)
    assert not published.remove("Bank Retrain", 2)
    with pytest.raises(NotFoundError, match="forgotten"):
        published.definition("nobody")


def test_from_a_run(bank: Project) -> None:
    run_id = bank.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    bank.write("code/say.py", "changed since")
    done = bank.mlops("pipeline", "publish", "--from-run", run_id, "-o", "json").json()
    assert (done["from_run"], done["version"]) == (run_id, 1)
    triggered = bank.mlops("pipeline", "trigger", "Bank Retrain", "--wait", "-o", "json").json()
    assert triggered["steps"][0]["reused_from"] == run_id


def test_github_reads_outputs_and_a_summary(bank: Project) -> None:
    outputs, page = bank.folder / "outputs", bank.folder / "summary.md"
    outside = bank.mlops("pipeline", "publish", "p.yaml", "-o", "github", code=2)
    assert "GITHUB_OUTPUT" in outside.stderr
    assert bank.mlops("pipeline", "list", "-o", "json").json() == []
    bank.mlops.environ |= {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(page / "x")}
    nowhere = bank.mlops("pipeline", "publish", "p.yaml", "-o", "github", code=1)
    assert f"cannot write {page / 'x'}" in nowhere.stderr
    assert bank.mlops("pipeline", "list", "-o", "json").json() == []
    bank.mlops.environ |= {"GITHUB_STEP_SUMMARY": str(page)}
    bank.mlops("pipeline", "publish", "p.yaml", "--dry-run", "-o", "github")
    assert "### Pipeline Bank Retrain: would be published, v1" in page.read_text()
    assert "curl" not in page.read_text()
    bank.mlops("pipeline", "publish", "p.yaml", "-o", "github")
    read = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert (read["version"], read["changed"], read["name"]) == ("1", "true", "Bank Retrain")
    assert read["endpoint"] in page.read_text()
    assert "### Pipeline Bank Retrain: published, v1" in page.read_text()


def test_the_commit_is_known(bank: Project) -> None:
    def git(*args: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        done = subprocess.run(
            ["git", *who, *args], cwd=bank.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q")
    bank.write(".gitignore", ".mlops/\n")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    done = bank.mlops("pipeline", "publish", "p.yaml", "-o", "json").json()
    assert (done["git_commit"], done["git_dirty"]) == (git("rev-parse", "HEAD"), False)

    def is_dirty(name: str) -> bool:
        bank.write(name, f"print({name!r})\n")
        return bool(bank.mlops("pipeline", "publish", "p.yaml", "-o", "json").json()["git_dirty"])

    git("rm", "-q", "--cached", ".gitignore")
    git("commit", "-q", "-m", "the state directory and results of CI are not known to git")
    bank.write("code/say.py", "print('more')\n")
    git("commit", "-q", "-a", "-m", "more")
    assert [is_dirty(name) for name in ("published.json", "code/new.py")] == [False, True]
    git("clean", "-q", "-f", "code")
    assert is_dirty("code/say.py")

"""`mlops train`, `runs` and `models`, with the real trainer in a process of its own."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.conftest import Mlops

PROFILE = """
data: {name: tiny, path: tiny.csv, label: y}
train: {experiment_timeout_minutes: 5, max_trials: 2, allowed_models: [LogisticRegression, LightGBM]}
"""


def write_table(path: Path, rows: int = 200) -> None:
    """Two columns that tell the label apart, with some noise."""
    dice = random.Random(7)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "y"])
        for _ in range(rows):
            a, b = dice.random(), dice.choice("uvw")
            writer.writerow([round(a, 3), b, "yes" if a + (b == "u") / 2 + dice.random() / 5 > 0.8 else "no"])


@pytest.fixture
def project(mlops: Mlops) -> Mlops:
    mlops.profile(PROFILE)
    write_table(mlops.project / "tiny.csv")
    return mlops


def start_endless(project: Mlops) -> str:
    """Start a run that would search for five minutes; returns its id."""
    project.profile(PROFILE.replace("max_trials: 2, ", "enable_early_stopping: false, "))
    return str(project("train", "--no-wait", "-o", "json").json()["run_id"])


def wait_for_children(project: Mlops, run_id: str, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(project("runs", "leaderboard", run_id, "-o", "json").json()) < count:
        assert time.monotonic() < deadline, project("runs", "logs", run_id).stdout
        time.sleep(0.1)


def trainer_of(run_id: str) -> psutil.Process:
    """The trainer's process, found by the run's id on its command line."""
    return next(p for p in psutil.process_iter(["cmdline"]) if run_id in (p.info["cmdline"] or []))


def test_a_run_ends_with_a_registered_model(project: Mlops) -> None:
    done = project("train", "-o", "json")
    result = done.json()
    assert result["status"] == "Completed"
    assert result["dataset"] == "tiny:1"
    assert result["model"] == {"name": "tiny", "version": 1}
    assert result["best"]["metrics"]["AUC_weighted"] > 0.8
    assert "data tiny:1 (200 rows, registered); classification of 'y' by AUC_weighted" in done.stderr

    board = project("runs", "leaderboard", result["run_id"], "-o", "json").json()
    assert board[0]["run_id"] == result["best"]["run_id"]
    assert set(board[0]) >= {"run_id", "iteration", "algorithm", "metrics", "duration_seconds", "status"}
    chosen, *others = [row["metrics"]["AUC_weighted"] for row in board]
    assert others == sorted(others, reverse=True)
    reason = f"the model is of trial {board[0]['iteration']}"
    assert (chosen < others[0]) == any(note.startswith(reason) for note in result["notes"])

    model = project("models", "show", "tiny", "-o", "json").json()
    assert model["run_id"] == result["run_id"]
    assert model["dataset"] == "tiny:1"
    assert [field["name"] for field in model["model_schema"]["inputs"]] == ["a", "b"]
    assert "lightgbm" in model["packages"]


def test_runs_are_listed_and_shown(project: Mlops) -> None:
    run_id = project("train", "-o", "json").json()["run_id"]
    assert [run["run_id"] for run in project("runs", "list", "-o", "json").json()] == [run_id]
    assert run_id in project("runs", "list").stdout
    shown = project("runs", "show", run_id).stdout
    assert "Completed" in shown
    assert "model tiny:1" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert f"start {run_id}" in project("runs", "logs", run_id).stdout


def test_registering_the_same_run_again_changes_nothing(project: Mlops) -> None:
    run_id = project("train", "-o", "json").json()["run_id"]
    again = project("models", "register", run_id, "--name", "tiny", "-o", "json").json()
    assert (again["version"], again["changed"]) == (1, False)
    other = project(
        "models", "register", run_id, "--name", "other", "--tag", "stage=test", "-o", "json"
    ).json()
    assert (other["version"], other["changed"]) == (1, True)
    assert project("models", "show", "other", "-o", "json").json()["tags"] == {"stage": "test"}


def test_a_model_is_downloaded_once(project: Mlops) -> None:
    project("train", "-q")
    project("models", "download", "tiny", "--to", "copy")
    assert (project.project / "copy" / "schema.json").exists()
    refused = project("models", "download", "tiny", "--to", "copy", code=2)
    assert "exists already" in refused.stderr


def test_two_at_once_follow_one_run(project: Mlops) -> None:
    command = [sys.executable, "-m", "mlops_cli", "train", "-o", "json"]
    both = [
        subprocess.Popen(
            command, cwd=project.project, stdout=subprocess.PIPE, text=True, env=os.environ | project.environ
        )
        for _ in range(2)
    ]
    documents = [json.loads(process.communicate()[0]) for process in both]
    assert documents[0]["run_id"] == documents[1]["run_id"]
    assert [d["status"] for d in documents] == ["Completed", "Completed"]
    assert len(project("runs", "list", "-o", "json").json()) == 1


def test_a_killed_trainer_is_resumed_with_its_finished_trials(project: Mlops) -> None:
    run_id = start_endless(project)
    wait_for_children(project, run_id, 2)
    trainer = trainer_of(run_id)
    trainer.kill()
    trainer.wait(10)
    before = project("runs", "leaderboard", run_id, "-o", "json").json()
    assert project("runs", "show", run_id, "-o", "json").json()["status"] == "NotResponding"

    resumed = project("train", "--no-wait", "-o", "json")
    assert resumed.json()["run_id"] == run_id
    assert "following the unfinished run" in resumed.stderr
    wait_for_children(project, run_id, len(before) + 1)
    after = {row["run_id"]: row for row in project("runs", "leaderboard", run_id, "-o", "json").json()}
    assert all(after[row["run_id"]]["metrics"] == row["metrics"] for row in before)
    project("runs", "cancel", run_id)


def test_a_wait_that_is_over_leaves_the_run_going(project: Mlops) -> None:
    run_id = start_endless(project)
    over = project("train", "--timeout", "0.1s", "-o", "json", code=7)
    assert over.json()["error"]["hint"] == "the run goes on; follow it with the same train command"
    assert over.json()["error"]["code"] == "Timeout"
    assert run_id in over.json()["error"]["message"]
    another = project("train", "--new", "--timeout", "0.1s", "-o", "json", code=7).json()["error"]
    assert another["hint"] == "the run goes on; follow it with the same train command without --new"
    for run in project("runs", "list", "-o", "json").json():
        project("runs", "cancel", run["run_id"])


def test_ctrl_c_stops_waiting_and_not_the_run(project: Mlops) -> None:
    run_id = start_endless(project)
    command = [sys.executable, "-m", "mlops_cli", "train"]
    waiting = subprocess.Popen(
        command, cwd=project.project, stderr=subprocess.PIPE, text=True, env=os.environ | project.environ
    )
    assert waiting.stderr is not None
    while run_id not in waiting.stderr.readline():
        assert waiting.poll() is None
    wait_for_children(project, run_id, 1)
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(20) == 130
    assert f"mlops runs cancel {run_id}" in waiting.stderr.read()
    assert project("runs", "show", run_id, "-o", "json").json()["status"] == "Running"


def test_a_canceled_run_ends_and_fails_those_who_wait(project: Mlops) -> None:
    run_id = start_endless(project)
    wait_for_children(project, run_id, 1)
    assert project("runs", "cancel", run_id, "-o", "json").json()["status"] == "CancelRequested"
    failed = project("train", "-o", "json", code=5).json()["error"]
    assert failed["message"] == f"run {run_id} was canceled"
    assert project("runs", "show", run_id, "-o", "json").json()["status"] == "Canceled"


def test_a_failed_run_says_why(project: Mlops) -> None:
    (project.project / "tiny.csv").write_text("a,y\n" + "1,yes\n" * 50)
    error = project("train", "-o", "json", code=2).json()["error"]
    assert "has one value only" in error["message"]
    assert project("runs", "list", "-o", "json").json()[0]["status"] == "Failed"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("data.label=z", "no column 'z'"),
        ("train.primary_metric=r2_score", "primary_metric"),
        ("train.allowed_models=[LihgtGBM]", "unknown model 'LihgtGBM'"),
    ],
)
def test_wrong_settings_are_named(project: Mlops, setting: str, message: str) -> None:
    error = project("train", "--set", setting, "-o", "json", code=2).json()["error"]
    assert message in error["message"]


def test_a_dry_run_starts_nothing(project: Mlops) -> None:
    project("data", "register")
    assert project("train", "--dry-run", "-o", "json").json()["dataset"] == "tiny"
    assert project("runs", "list", "-o", "json").json() == []


def test_what_is_missing_is_named(project: Mlops) -> None:
    assert "no run 'nope'" in project("runs", "show", "nope", code=4).stderr
    assert "no model 'nope'" in project("models", "show", "nope", code=4).stderr
    assert "gone.csv: no such file" in project("train", "--set", "data.path=gone.csv", code=4).stderr

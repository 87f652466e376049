"""The demo: the whole story by itself, and nothing left running when that is asked for."""

import os
import shutil
import subprocess
import sys

from mlops_cli.cli.demo_pipeline import PREDICT
from tests.conftest import REPOSITORY, Mlops

SAMPLE = REPOSITORY / "data" / "bank_marketing_sample.csv"
SHORT = ["--set", "train.timeout_minutes=0.1", "--set", "train.max_trials=2"]


def test_without_data_the_demo_says_where_it_can_run(mlops: Mlops) -> None:
    refused = mlops("demo", code=2).stderr
    assert refused.startswith("Error: the demo needs a profile that names data\nNext: run it where configs/")


def test_the_demo_ends_with_a_scheduled_pipeline_and_takes_everything_down(mlops: Mlops) -> None:
    """Once, in a process of its own as a newcomer starts it."""
    shutil.copytree(REPOSITORY / "configs", mlops.project / "configs")
    (mlops.project / "data").mkdir()
    rows = SAMPLE.read_text().splitlines(keepends=True)[:1501]
    (mlops.project / "data" / SAMPLE.name).write_text("".join(rows))
    command = [sys.executable, "-m", "mlops_cli", *SHORT, "demo", "--no-keep"]
    environ = os.environ | mlops.environ
    done = subprocess.run(command, cwd=mlops.project, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    story = [line.partition(" pipeline ")[2] for line in said.splitlines() if line.startswith("$ ")]
    assert [words.split(" ")[0] for words in story if words] == ["publish", "trigger", "schedule"]
    assert "of bankmarketing-score v1: Completed" in said
    assert "next fires" in said
    [run] = mlops("pipeline", "runs", "-o", "json").json()
    assert (run["status"], run["source"], run["version"]) == ("Completed", "trigger", 1)
    mlops("pipeline", "download", run["run_id"], "score.results")
    results = (mlops.project / "results" / "parallel_run_step.txt").read_text().splitlines()
    assert len(results) == 1500
    assert mlops("pipeline", "schedule", "list", "-o", "json").json() == []
    assert mlops("pipeline", "server", "status", "-o", "json").json()["running"] is False
    assert mlops("endpoints", "list", "-o", "json").json() == []


def test_the_shipped_example_scores_as_the_demo_does() -> None:
    assert (REPOSITORY / "configs" / "pipelines" / "code" / "predict.py").read_text() == PREDICT

"""The batch step: mini-batches of rows and files, failures and retries, threshold, resume."""

import csv
from pathlib import Path
from typing import Any

import pytest

from mlops_cli.engine.pipelines import layout
from tests.pipelines.world import Project, until

ROWS = """
import argparse, os, pathlib
def init():
    global bad, seen
    parser = argparse.ArgumentParser()
    parser.add_argument("--bad", type=int)
    parser.add_argument("--marks")
    options = parser.parse_args()
    bad, seen = options.bad, pathlib.Path(options.marks)
def run(mini_batch):
    with open(seen, "a") as file:
        file.write(f"{mini_batch.index[0]} ")
    if bad in mini_batch["n"].values:
        raise ValueError(f"no {bad}")
    return mini_batch.assign(double=mini_batch["n"] * 2)[["n", "double"]]
"""


def batch(project: Project, script: str, **settings: Any) -> str:
    """A pipeline of one batch step on data/, whose entry script is told a bad number."""
    project.write("code/entry.py", script)
    more = "".join(f"  {key}: {value}\n" for key, value in ({"workers": 2} | settings).items())
    marks = project.marks / "seen"
    return (
        "parameters: {bad: -1}\ndata: {raw: {path: rows.csv}}\nsteps:\n- name: score\n  type: batch\n"
        "  entry_script: code/entry.py\n  inputs: {raw: data.raw}\n"
        f"  arguments: [--bad, $(parameters.bad), --marks, {marks}]\n{more}"
    )


def write_rows(project: Project, count: int) -> None:
    project.write("rows.csv", "n,word\n" + "".join(f"{n},w{n}\n" for n in range(count)))


def results(project: Project, run_id: str) -> Path:
    project.mlops("pipeline", "download", run_id, "score.results", "--to", run_id)
    return project.folder / run_id


def test_rows_in_order_with_failed_ones_in_one_file(project: Project) -> None:
    write_rows(project, 25)
    project.pipeline(batch(project, ROWS, mini_batch_size=10, run_max_try=2))
    done = project.mlops("pipeline", "run", "p.yaml", "--param", "bad=12", "-o", "json").json()
    facts = {"items": 25, "results": 15, "failed": 10, "mini_batches": 3, "retried": 1}
    assert done["steps"][0]["facts"] == facts
    folder = results(project, done["run_id"])
    lines = (folder / "parallel_run_step.txt").read_text().splitlines()
    assert lines == [f"{n} {2 * n}" for n in (*range(10), *range(20, 25))]
    with (folder / "failed_items.csv").open() as file:
        failed = list(csv.DictReader(file))
    assert [row["item"] for row in failed] == [str(n) for n in range(11, 21)]
    assert failed[0] == {"item": "11", "reason": "ValueError: no 12", "n": "10", "word": "w10"}
    assert sorted((project.marks / "seen").read_text().split()) == ["0", "10", "10", "20"]
    log = project.mlops("pipeline", "logs", done["run_id"], "score").stdout
    assert 'File "entry.py", line 14, in run' in log


def test_too_many_failures_fail_the_step(project: Project) -> None:
    write_rows(project, 25)
    project.pipeline(batch(project, ROWS, mini_batch_size=10, run_max_try=1, error_threshold=9))
    failed = project.mlops("pipeline", "run", "p.yaml", "--param", "bad=12", "-o", "json", code=5)
    error = failed.json()["error"]
    assert "10 items failed, more than error_threshold 9" in error["message"]
    assert error["details"] == ["11-20: ValueError: no 12"]


def test_files_lists_and_summary_only(project: Project) -> None:
    for number in range(5):
        project.write(f"rows.csv/{number}.txt", f"text {number}")
    script = """
    import os
    def run(mini_batch):
        print("run", [os.path.basename(path) for path in mini_batch])
        return [open(path).read() for path in mini_batch if "3" not in os.path.basename(path)]
    """
    project.pipeline(batch(project, script, mini_batch_size=2))
    done = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()
    folder = results(project, done["run_id"])
    assert (folder / "parallel_run_step.txt").read_text() == "text 0\ntext 1\ntext 2\ntext 4\n"
    reasons = (folder / "failed_items.csv").read_text().splitlines()
    assert reasons == ["item,reason", "3-4,run() returned 1 results for 2 items"]

    project.pipeline(batch(project, script, mini_batch_size=2, output_action="summary_only"))
    done = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()
    names = sorted(path.name for path in results(project, done["run_id"]).iterdir())
    assert names == ["failed_items.csv", "summary.json"]


def test_a_worker_that_dies_or_hangs_is_replaced(project: Project) -> None:
    write_rows(project, 4)
    script = """
    import os, time
    def run(mini_batch):
        if mini_batch.index[0] == 1:
            os._exit(3)
        if mini_batch.index[0] == 2:
            time.sleep(60)
        return mini_batch
    """
    project.pipeline(batch(project, script, mini_batch_size=1, run_max_try=1, run_invocation_timeout=3))
    done = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()
    with (results(project, done["run_id"]) / "failed_items.csv").open() as file:
        reasons = {row["n"]: row["reason"] for row in csv.DictReader(file)}
    assert reasons == {
        "1": "its process ended (exit code 3)",
        "2": "it took longer than run_invocation_timeout",
    }


def test_a_failing_init_fails_the_step(project: Project) -> None:
    write_rows(project, 4)
    project.pipeline(
        batch(project, "def init():\n    raise OSError('no model')\ndef run(b):\n    return b\n")
    )
    failed = project.mlops("pipeline", "run", "p.yaml", "-o", "json", code=5).json()["error"]
    assert "init() failed: OSError: no model" in failed["message"]
    assert failed["details"][1] == '  File "entry.py", line 2, in init'


@pytest.mark.parametrize(
    ("script", "message", "details"),
    [
        ("def init():\n    pass\n", "step score failed: entry.py has no function run(mini_batch)", []),
        ("def run(:\n", "step score failed: init() failed: SyntaxError: ", ['  File "entry.py", line 1']),
    ],
)
def test_what_is_no_entry_script_is_told_without_frames_of_ours(
    script: str, message: str, details: list[str], project: Project
) -> None:
    write_rows(project, 4)
    project.pipeline(batch(project, script, workers=1))
    failed = project.mlops("pipeline", "run", "p.yaml", "-o", "json", code=5).json()["error"]
    assert message in failed["message"]
    assert failed.get("details", [])[:1] == details


def test_failed_items_are_told_where_they_are_allowed(project: Project) -> None:
    write_rows(project, 4)
    project.pipeline(batch(project, "def run(b):\n    raise OSError('no')\n", workers=1, run_max_try=1))
    shown = project.mlops("pipeline", "run", "p.yaml").stdout
    assert "  score: 4 of 4 items failed, see failed_items.csv in its results\n" in shown


def test_a_killed_batch_goes_on_with_the_mini_batches_that_are_left(project: Project) -> None:
    write_rows(project, 6)
    slow = ROWS.replace(
        "    if bad", "    import time; time.sleep(0 if mini_batch.index[0] < 3 else bad)\n    if bad"
    )
    project.pipeline(batch(project, slow, mini_batch_size=1, workers=1))
    run_id = project.start("p.yaml", "--param", "bad=60")
    seen = project.marks / "seen"
    until(lambda: seen.exists() and "3" in seen.read_text().split())
    project.kill(*project.processes())
    kept = layout.mini_batches_dir(project.home, run_id, "score")
    assert sorted(path.name for path in kept.glob("*.json")) == ["0.json", "1.json", "2.json"]
    project.mlops("pipeline", "run", "--resume", run_id, "--no-wait")
    until(lambda: seen.read_text().split() == ["0", "1", "2", "3", "3"])
    project.mlops("pipeline", "cancel", run_id)
    project.wait(run_id, "Canceled")

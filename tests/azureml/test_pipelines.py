"""Pipelines of the azureml backend: run, read, published by content, triggered, rolled back, scheduled."""

import json
import subprocess
from typing import Any

import pytest

from tests.conftest import REPOSITORY

PIPELINE = """
name: {name}
parameters: {{rows: 2}}
data:
  raw: {{path: raw.csv}}
steps:
  - {{name: clean, type: script, script: code/clean.py, inputs: {{raw: data.raw}}, outputs: [table],
     arguments: [$(inputs.raw), $(outputs.table), $(parameters.rows)]}}
  - {{name: count, type: script, script: code/count.py, inputs: {{table: clean.table}}, outputs: [number],
     arguments: [$(inputs.table), $(outputs.number)]}}
"""
CLEAN = """
import pathlib, sys
source, target, rows = sys.argv[1:4]
lines = pathlib.Path(source).read_text().splitlines()
pathlib.Path(target).write_text("\\n".join(lines[: 1 + int(rows)]) + "\\n")
print("kept", rows)
"""
COUNT = """
import pathlib, sys
pathlib.Path(sys.argv[2]).write_text(str(len(pathlib.Path(sys.argv[1]).read_text().splitlines()) - 1))
"""


@pytest.fixture
def project(azure: Any, request: pytest.FixtureRequest) -> Any:
    """A project with a pipeline that is named after the test."""
    name = request.node.name.replace("test_", "").replace("_", "-")[:40]
    (azure.project / "code").mkdir()
    (azure.project / "code" / "clean.py").write_text(CLEAN)
    (azure.project / "code" / "count.py").write_text(COUNT)
    (azure.project / "raw.csv").write_text("a,b\n1,2\n3,4\n5,6\n")
    (azure.project / "two.yaml").write_text(PIPELINE.format(name=name))
    azure.pipeline = name
    return azure


def test_run_shows_steps_logs_and_outputs(project: Any) -> None:
    [run] = project.json("pipeline run two.yaml --wait --param rows=3")
    assert (run["status"], run["pipeline"]) == ("Completed", project.pipeline)
    assert [(step["name"], step["status"]) for step in run["steps"]] == [
        ("clean", "Completed"),
        ("count", "Completed"),
    ]
    assert "kept 3" in project(f"pipeline logs {run['run_id']} clean").stdout
    project(f"pipeline download {run['run_id']} count.number --to number.txt")
    assert (project.project / "number.txt").read_text() == "3"
    [again] = project.json("pipeline run two.yaml --wait --param rows=3")
    assert [step["reused_from"] for step in again["steps"]] == [run["run_id"], run["run_id"]]


def test_failing_script_fails_the_run(project: Any) -> None:
    (project.project / "code" / "clean.py").write_text("raise ValueError('no rows')\n")
    result = project("pipeline run two.yaml --wait", code=5)
    assert "failed" in result.stderr


def test_publish_is_an_upsert_and_is_triggered_and_rolled_back(project: Any) -> None:
    first, same = project.json("pipeline publish two.yaml", "pipeline publish two.yaml")
    assert (first["version"], first["changed"]) == (1, True)
    assert (same["version"], same["changed"], same["id"]) == (1, False, first["id"])
    (project.project / "code" / "count.py").write_text(COUNT + "print('new')\n")
    [second] = project.json("pipeline publish two.yaml --set-default")
    assert (second["version"], second["is_default"]) == (2, True)
    [back] = project.json(f"pipeline rollback {project.pipeline}")
    assert back["version"] == 1
    triggered = project(f"pipeline trigger {project.pipeline} --param rows=1 --wait")
    assert "Completed" in triggered.stdout + triggered.stderr
    unknown = project(f"pipeline trigger {project.pipeline} --param nobody=1", code=2)
    assert "nobody" in unknown.stderr


def test_a_step_that_prints_bytes_has_a_log_and_a_reason_for_its_failure(project: Any) -> None:
    code = "import sys\nsys.stdout.buffer.write(b'caf\\xe9\\n')\nsys.stdout.flush()\nraise ValueError('no rows')\n"
    (project.project / "code" / "clean.py").write_text(code)
    failed = project("pipeline run two.yaml --wait", code=5).stderr
    assert "ValueError: no rows" in failed
    run_id = failed.split("Error: run ")[1].split()[0]
    assert project(f"pipeline logs {run_id} clean").stdout.startswith("caf\ufffd\n")


def test_a_name_with_spaces_and_dots_runs_in_an_experiment_that_has_none(project: Any) -> None:
    path = project.project / "two.yaml"
    path.write_text(path.read_text().replace(project.pipeline, "rows of v1.x"))
    [run] = project.json("pipeline run two.yaml")
    assert (run["pipeline"], run["experiment"]) == ("rows of v1.x", "rows-of-v1-x")
    project("pipeline publish two.yaml")
    [triggered] = project.json("pipeline trigger 'rows of v1.x' --wait")
    assert (triggered["pipeline"], triggered["experiment"]) == ("rows of v1.x", "rows-of-v1-x")


def test_two_machines_that_publish_at_once_make_one_version(project: Any) -> None:
    words = ["--profile", "azure", "-o", "json", "pipeline", "publish", "two.yaml"]
    command = [project.python, "-m", "mlops_cli", *words]
    both = [
        subprocess.Popen(
            command, cwd=project.project, env=project.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    told = [one.communicate(timeout=120) for one in both]
    assert [one.returncode for one in both] == [0, 0], told
    versions = [json.loads(out) for out, _ in told]
    assert {one["version"] for one in versions} == {1}
    assert len({one["id"] for one in versions}) == 1
    assert sorted(one["changed"] for one in versions) == [False, True]
    assert len(project.json(f"pipeline list {project.pipeline}")[0]) == 1


def test_schedule_is_made_listed_and_deleted(project: Any) -> None:
    project("pipeline publish two.yaml")
    name = project.pipeline
    project(f"pipeline schedule create {name} {name} --every Day --hours 3 --minutes 30 --param rows=3")
    [shown] = project.json(f"pipeline schedule show {name}")
    assert (shown["enabled"], len(shown["next_fires"]), shown["last"]) == (True, 5, None)
    cron = project.run(f"pipeline schedule create other {name} --every Day --time-zone Antarctica/Troll")[0]
    assert (cron.code, "the time of 'Antarctica/Troll'" in cron.stderr) == (2, True)
    nobody = project.run('pipeline rollback ""', 'pipeline list ""')
    assert [one.code for one in nobody] == [4, 4]
    project(f"pipeline schedule disable {name}")
    assert project.json(f"pipeline schedule show {name}")[0]["enabled"] is False
    project(f"pipeline schedule delete {name}")
    assert name not in project("pipeline schedule list").stdout


SCORED = """
name: {name}
data:
  rows: {{path: rows.csv}}
steps:
  - {{name: train, type: automl, inputs: {{data: data.rows}}, model_name: {name}, model_tags: {{team: b}},
     train: {{task: classification, label: label, timeout_minutes: 15, max_trials: 2,
             validation_data: "{name}-judges:1", weight_column: counts}}}}
  - {{name: score, type: batch, entry_script: code/score.py, inputs: {{rows: data.rows, model: train.model,
     same: train.model}}, mini_batch_input: rows, mini_batch_size: 100, workers: 1, error_threshold: 0,
     arguments: [--model, $(inputs.model), "--same=$(inputs.same)"]}}
"""
SCORE = """
import os, sys

def init():
    print("begun")
    assert any(os.path.isfile(word) and os.path.getsize(word) for word in sys.argv), "no model"
    assert sys.argv[3] == f"--same={sys.argv[2]}"

def run(rows):
    return [value * 2 for value in rows.a]
"""


def test_batch_and_automl_steps_run_on_data(project: Any) -> None:
    head = "a,b,label,counts\n"
    rows = "".join(f"{value},{value % 7},{int(value > 99)},1\n" for value in range(300))
    contrary = "".join(f"{value},{value % 7},{int(value < 100)},1\n" for value in range(300))
    (project.project / "judges.csv").write_text(head + contrary)
    project(f"data register judges.csv --name {project.pipeline}-judges --label label")
    (project.project / "rows.csv").write_text(head + rows + contrary.replace(",1\n", ",0\n"))
    (project.project / "code" / "score.py").write_text(SCORE)
    (project.project / "scored.yaml").write_text(SCORED.format(name=project.pipeline))
    [run] = project.json("pipeline run scored.yaml --wait")
    assert run["status"] == "Completed"
    assert [step["name"] for step in run["steps"]] == ["train", "train.register", "score"]
    assert project.json(f"pipeline logs {run['run_id']} train.register")[0][-1] == f"{project.pipeline}:1"
    model = project.json(f"models show {project.pipeline}")[0]
    assert (model["version"], model["task"], model["tags"]) == (1, "classification", {"team": "b"})
    assert model["algorithm"]
    assert project.json(f"pipeline logs {run['run_id']} score")[0].count("begun") == 1
    project(f"pipeline download {run['run_id']} score.results --to results")
    [file] = (project.project / "results").rglob("*.txt")
    project(f"pipeline download {run['run_id']} train.metrics --to metrics")
    metrics = json.loads((project.project / "metrics").read_text())
    scores = [trial["AUC_weighted"] for trial in metrics.values()]
    assert max(score[0] if isinstance(score, list) else score for score in scores) < 0.1
    assert sorted(map(int, file.read_text().split())) == sorted(2 * [2 * value for value in range(300)])
    (project.project / "scored.yaml").write_text(
        SCORED.format(name=project.pipeline).replace("model_name: ", "model_name: other-")
    )
    [run] = project.json("pipeline run scored.yaml --wait")
    assert [step["reused_from"] is None for step in run["steps"]] == [False, True, False]
    assert project.json(f"models show other-{project.pipeline}")[0]["run_id"] == model["run_id"]


UNTOLD = """
name: {name}
data:
  rows: {{dataset: {name}}}
steps:
  - {{name: train, type: automl, inputs: {{data: data.rows}}, train: {{timeout_minutes: 15, max_trials: 1}}}}
"""


def test_a_dataset_brings_the_label_that_it_was_registered_with(project: Any) -> None:
    rows = "".join(f"{value},{value % 7},{int(value > 99)}\n" for value in range(200))
    (project.project / "rows.csv").write_text(f"a,b,label\n{rows}")
    (project.project / "untold.yaml").write_text(UNTOLD.format(name=project.pipeline))
    project(f"data register rows.csv --name {project.pipeline} --set data.label=")
    refused = project("pipeline run untold.yaml", code=2).stderr
    assert "step 'train': nothing says which column to predict" in refused
    project(f"data register rows.csv --name {project.pipeline} --label label")
    first, again = (project.json("pipeline run untold.yaml")[0] for _ in range(2))
    assert first["status"] == "Completed"
    assert again["steps"][0]["reused_from"] == first["run_id"], (
        "what AutoML is told is the same in every process"
    )


def test_the_shipped_example_runs(project: Any) -> None:
    """Clean, train on what was cleaned, score it: AutoML and mini-batches on the output of a step."""
    source = REPOSITORY / "data" / "bank_marketing_sample.csv"
    (project.project / "data").mkdir()
    lines = source.read_text().splitlines(keepends=True)[:1001]
    (project.project / "data" / source.name).write_text("".join(lines))
    file = project.project / "configs" / "pipelines" / "clean-train-score.yaml"
    file.write_text(file.read_text().replace("max_trials: 8", "max_trials: 2"))
    [run] = project.json("pipeline run configs/pipelines/clean-train-score.yaml --wait")
    assert [step["status"] for step in run["steps"]] == ["Completed"] * 4
    assert project.json("models show bankmarketing")[0]["version"] == 1
    project(f"pipeline download {run['run_id']} score.results --to results")
    [results] = (project.project / "results").rglob("*.txt")
    predictions = [line.split()[-1] for line in results.read_text().splitlines()]
    assert len(predictions) == 1000
    assert set(predictions) <= {"yes", "no"}

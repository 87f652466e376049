"""What a run of a published pipeline may choose on Azure: parameters outside of the arguments, and data."""

import json
from typing import Any

import pytest

PIPELINE = """
name: {name}
parameters: {{word: plain, tries: 2, minutes: 5}}
data:
  raw: {{path: raw.csv}}
  rows: {{path: raw.csv}}
steps:
  - {{name: tell, type: script, script: code/tell.py, inputs: {{raw: data.raw}}, arguments: [$(inputs.raw)],
     environment: {{variables: {{WORD: "a $(parameters.word) word"}}}}, timeout_minutes: $(parameters.minutes)}}
  - {{name: score, type: batch, entry_script: code/score.py, inputs: {{rows: data.rows}}, mini_batch_size: 1,
     run_max_try: $(parameters.tries), environment: {{variables: {{WORD: $(parameters.word)}}}}}}
"""
TELL = """
import os, pathlib, sys
print("told", os.environ["WORD"], pathlib.Path(sys.argv[1]).read_text().split())
"""
SCORE = """
import os, pathlib

def run(rows):
    tries = pathlib.Path("tries.txt")
    with tries.open("a") as file:
        file.write("x")
    if os.environ["WORD"] == "failing":
        raise ValueError(f"try {len(tries.read_text())}")
    return [f"{os.environ['WORD']} {value}" for value in rows.a]
"""


@pytest.fixture
def project(azure: Any, request: pytest.FixtureRequest) -> Any:
    azure.pipeline = request.node.name.replace("test_", "").replace("_", "-")[:40]
    (azure.project / "code").mkdir()
    (azure.project / "code" / "tell.py").write_text(TELL)
    (azure.project / "code" / "score.py").write_text(SCORE)
    (azure.project / "raw.csv").write_text("a,b\n5,2\n")
    (azure.project / "other.csv").write_text("a,b\n7,8\n9,0\n")
    (azure.project / "open.yaml").write_text(PIPELINE.format(name=azure.pipeline))
    return azure


def _triggered(project: Any, words: str) -> dict[str, Any]:
    [run] = project.json(f"pipeline trigger {project.pipeline} {words} --wait")
    return dict(run)


def _told(project: Any, run: dict[str, Any], step: str = "tell") -> str:
    lines = project(f"pipeline logs {run['run_id']} {step}").stdout.splitlines()
    return next(line for line in lines if line.startswith("told"))


def _scored(project: Any, run: dict[str, Any], folder: str) -> list[str]:
    project(f"pipeline download {run['run_id']} score.results --to {folder}")
    [file] = (project.project / folder).rglob("*.txt")
    return sorted(file.read_text().splitlines())


def test_variables_and_data_are_chosen_by_who_triggers(project: Any) -> None:
    published = project("-o json pipeline publish open.yaml")
    version = json.loads(published.stdout)
    assert version["parameters"] == {"word": "plain", "tries": 2}
    assert "parameter minutes keeps its default" in published.stderr
    first = _triggered(project, "")
    assert _told(project, first) == "told a plain word ['a,b', '5,2']"
    assert _scored(project, first, "first") == ["plain 5"]
    second = _triggered(project, "--param word=other --data raw=other.csv --data rows=other.csv")
    assert _told(project, second) == "told a other word ['a,b', '7,8', '9,0']"
    assert _scored(project, second, "second") == ["other 7", "other 9"]
    assert second["data"] == {"raw": "other.csv", "rows": "other.csv"}
    assert first["data"] == {"raw": "raw.csv", "rows": "raw.csv"}


def test_settings_of_batch_steps_are_chosen_by_who_triggers(project: Any) -> None:
    project("pipeline publish open.yaml")
    failed = project(
        f"-o json pipeline trigger {project.pipeline} --param word=failing --param tries=3 --wait"
    )
    run = json.loads(failed.stdout)
    log = project(f"pipeline logs {run['run_id']} score").stdout
    assert "ValueError: try 3" in log
    assert "ValueError: try 4" not in log


def test_who_chooses_unknown_data_is_told_what_there_is(project: Any) -> None:
    project("pipeline publish open.yaml")
    refused = project(f"pipeline trigger {project.pipeline} --data nobody=other.csv", code=2)
    assert "has no data 'nobody'; there is: raw, rows" in refused.stderr


def test_schedule_hands_data_on(project: Any) -> None:
    project("pipeline publish open.yaml")
    name = project.pipeline
    project(f"pipeline schedule create {name} {name} --every Day --data raw=other.csv --run-now")
    [run] = [one for one in project.json("pipeline runs")[0] if one["pipeline"] == name]
    assert "'7,8'" in _told(project, project.json(f"pipeline show {run['run_id']}")[0])

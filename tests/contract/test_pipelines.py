"""What `pipeline` promises, on every backend: the same fields, the same exit codes."""

import json
from typing import Any

import pytest

from tests.contract.conftest import BACKENDS
from tests.contract.pipeline_story import PipelineStory, results_of
from tests.contract.story import shape

FAILURES = {
    "create cycle.yaml": (2, "ConfigError", "wait for each other"),
    "create unknown.yaml": (2, "ConfigError", "clean.nothing"),
    "create type.yaml": (2, "ConfigError", "scrypt"),
    "run nothing.yaml": (2, "ConfigError", "nothing.yaml"),
    "run two.yaml --param rows=many": (2, "UsageError", "'rows'"),
    "show nothing": (4, "NotFound", "nothing"),
    "status nothing": (4, "NotFound", "nothing"),
    "cancel nothing": (4, "NotFound", "nothing"),
    "logs nothing": (4, "NotFound", "nothing"),
    "run two.yaml --param nobody=1 --dry-run": (2, "UsageError", "'nobody'"),
    "run looks.yaml": (5, "WorkFailed", "step look failed: "),
    "run strict.yaml": (5, "WorkFailed", "step twice failed: "),
    "rollback {name} ": (2, "UsageError", "no version"),
    "list nothing": (4, "NotFound", "{name}"),
    "rollback nothing": (4, "NotFound", "{name}"),
    "trigger nothing": (4, "NotFound", "{name}"),
    "trigger {name}:99": (4, "NotFound", "v99"),
    "trigger {name} --param nobody=1": (2, "UsageError", "'nobody'"),
    "trigger {name}:0": (4, "NotFound", "has no v0"),
    "trigger {name} --data nobody=raw.csv": (
        2,
        "UsageError",
        "the pipeline has no data 'nobody'; there is: raw",
    ),
    "trigger {name} --data raw=nothing.csv": (4, "NotFound", "nothing.csv"),
    "download odd last.note": (4, "NotFound", "no output 'note'; there is: it has left nothing behind"),
    "run odd.yaml --param how=text": (5, "WorkFailed", "step stop failed: gone"),
    "trigger {name}": (2, "UsageError", " pipeline enable '{name}'"),
    "schedule show nothing": (4, "NotFound", " pipeline schedule list"),
    "schedule create x nothing --every Day": (4, "NotFound", "{name}"),
    "schedule show {name}-c   ": (4, "NotFound", "{name}-c"),
    "schedule delete nothing": (4, "NotFound", "nothing"),
}


@pytest.mark.parametrize("line", FAILURES)
def test_a_failure_has_its_code_and_names_what_is_wrong(pipelines: PipelineStory, line: str) -> None:
    code, name, words = FAILURES[line]
    result = pipelines.said[line.format(name=pipelines.name)]
    assert result.code == code, f"{result.code}\n{result.stdout}\n{result.stderr}"
    error: dict[str, Any] = result.json()["error"]
    assert (error["code"], error["exit_code"]) == (name, code)
    assert words.format(name=pipelines.name) in str(error), error


def test_the_graph_is_told_before_anything_runs(pipelines: PipelineStory) -> None:
    graph = pipelines.json("create two.yaml")
    assert [(step["level"], step["name"], step["outputs"]) for step in graph["steps"]] == [
        (1, "clean", ["table"]),
        (2, "count", ["number"]),
    ]


def test_a_run_has_steps_logs_and_outputs(pipelines: PipelineStory) -> None:
    run = pipelines.json("run two.yaml")
    assert (run["status"], run["pipeline"], run["source"]) == ("Completed", pipelines.name, "run")
    assert run["parameters"] == {"rows": 2, "note": "plain"}
    assert [(step["name"], step["type"], step["status"]) for step in run["steps"]] == [
        ("clean", "script", "Completed"),
        ("count", "script", "Completed"),
    ]
    again = pipelines.json(f"show {run['run_id']}")
    assert again == run
    assert "kept 2 --note=<plain>" in pipelines.json(f"logs {run['run_id']} clean")
    assert (pipelines.folder / "number.txt").read_text() == "2"
    assert pipelines.said[f"download {run['run_id']} count.nothing"].code == 4
    assert pipelines.said[f"logs {run['run_id']} nothing"].code == 4
    assert run["run_id"] in [one["run_id"] for one in pipelines.json(f"runs --pipeline {pipelines.name}")]


def test_what_did_not_change_is_reused(pipelines: PipelineStory) -> None:
    first, same = pipelines.run_of("run two.yaml"), pipelines.json("run two.yaml ")
    assert [step["reused_from"] for step in same["steps"]] == [first, first]
    other = pipelines.json("run two.yaml --param rows=1 --param note=other")
    assert [step["reused_from"] for step in other["steps"]] == [None, None]


def test_a_finished_run_stays_finished(pipelines: PipelineStory) -> None:
    run = pipelines.run_of("run two.yaml")
    assert pipelines.json(f"status {run}")["status"] == "Completed"
    assert pipelines.json(f"cancel {run}")["status"] == "Completed"
    assert pipelines.said[f"run --resume {run}"].code == 2


def test_a_script_that_fails_is_shown_at_its_line(pipelines: PipelineStory) -> None:
    error = pipelines.said["run looks.yaml"].json()["error"]
    assert "no mark yet" in error["message"]
    assert "line 6, in look" in "\n".join(error["details"])
    assert "code/look.py" not in error["details"][0]
    assert (pipelines.said["status failed"].code, "pipeline logs" in error["hint"]) == (5, True)


def test_a_failure_is_shown_with_what_caused_it_and_nothing_around_it(pipelines: PipelineStory) -> None:
    details = pipelines.said["run odd.yaml"].json()["error"]["details"]
    own = ["Traceback (most recent call last):", '  File "stop.py", line 8, in <module>', "    1 / 0"]
    assert (details[:3], details[-1]) == (own, "RuntimeError: no way")
    assert [line for line in details if "File" in line] == [own[1], '  File "stop.py", line 10, in <module>']


def test_steps_around_a_failure_are_there_as_they_are_written(pipelines: PipelineStory) -> None:
    shown = pipelines.json("show odd")["steps"]
    assert [step["status"] for step in shown] == ["Completed", "Failed", "NotStarted"]
    assert [list(step["outputs"]) for step in shown] == [["one-two"], [], []]
    assert "$(parameters.how)" in pipelines.json("logs odd copy")
    assert not pipelines.json("logs odd last")


def test_a_step_that_takes_too_long_is_named(pipelines: PipelineStory) -> None:
    late = pipelines.said["run late.yaml"]
    assert late.code == 5
    assert "step wait failed: " in late.json()["error"]["message"]
    assert "longer than" in late.json()["error"]["message"]


def test_a_failed_run_goes_on_from_its_failed_step(pipelines: PipelineStory) -> None:
    resumed = pipelines.json("resumed")
    assert resumed["status"] == "Completed"
    failed = pipelines.json(f"runs --pipeline {pipelines.name}-looks")[0]["run_id"]
    [clean, look] = resumed["steps"]
    assert (resumed["run_id"] == failed) is (clean["reused_from"] is None)
    assert clean["reused_from"] in (None, failed)
    assert (clean["attempt"], look["status"]) == (0 if clean["reused_from"] else 1, "Completed")


def test_a_run_is_canceled(pipelines: PipelineStory) -> None:
    assert pipelines.json("run slow.yaml --no-wait")["status"] in ("NotStarted", "Running")
    assert pipelines.json("cancel")["status"] in ("CancelRequested", "Canceled")
    assert (pipelines.said["canceled"].code, pipelines.said["canceled"].json()["status"]) == (5, "Canceled")


def test_mini_batches_of_a_steps_output_may_fail_up_to_the_threshold(pipelines: PipelineStory) -> None:
    assert pipelines.json("run scored.yaml")["status"] == "Completed"
    results = results_of(pipelines.folder / "results")
    assert 14 not in results
    assert 70 <= len(results) <= 90
    assert set(results) < {2 * value for value in range(100)}


def test_publishing_is_an_upsert_by_content(pipelines: PipelineStory) -> None:
    dry, first = pipelines.json("publish two.yaml --dry-run"), pipelines.json("publish two.yaml")
    assert (dry["version"], dry["changed"], dry["content_hash"]) == (1, True, first["content_hash"])
    assert dry["description"] == first["description"] == "Two steps."
    assert (first["version"], first["changed"], first["is_default"]) == (1, True, True)
    same = pipelines.json("publish two.yaml --exit-code")
    assert (same["version"], same["changed"], same["id"]) == (1, False, first["id"])
    second = pipelines.said["publish two.yaml --exit-code "]
    assert second.code == 3
    assert (second.json()["version"], second.json()["is_default"]) == (2, False)
    chosen = pipelines.json("publish two.yaml --set-default")
    assert (chosen["version"], chosen["changed"], chosen["is_default"]) == (2, True, True)
    listed = pipelines.json(f"list {pipelines.name}")
    assert [(one["version"], one["is_default"]) for one in listed] == [(2, True), (1, False)]
    assert pipelines.json(f"rollback {pipelines.name}")["version"] == 1


OTHER = "run two.yaml --param rows=1 --param note=other"


def test_a_run_is_published_and_old_versions_are_forgotten(pipelines: PipelineStory) -> None:
    run = pipelines.run_of(OTHER)
    made = pipelines.json(f"publish --from-run {run}")
    assert (made["version"], made["changed"], made["from_run"]) == (3, True, run)
    assert made["parameters"] == pipelines.json("publish two.yaml")["parameters"], (
        "defaults, not what it was given"
    )
    kept = pipelines.json("publish two.yaml --keep 1")
    left = [one for one in pipelines.json(f"list {pipelines.name} ") if one["enabled"]]
    assert (kept["version"], kept["removed"]) == (4, [3, 2])
    assert [one["version"] for one in left] == [4, 1]


def test_a_trigger_runs_the_default_with_its_parameters(pipelines: PipelineStory) -> None:
    done = pipelines.json(f"trigger {pipelines.name} --param rows=1 --param note=sent --wait")
    assert (done["status"], done["version"], done["source"]) == ("Completed", 1, "trigger")
    assert done["parameters"] == {"rows": 1, "note": "sent"}
    assert done["data"] == pipelines.json("run two.yaml")["data"]
    assert "kept 1 --note=<sent>" in pipelines.json("logs triggered")


def test_any_http_client_gets_the_same_codes(pipelines: PipelineStory) -> None:
    codes = {name: status for name, (status, _) in pipelines.answers.items()}
    assert codes.pop("disabled") in (404, 409)
    assert codes == {"no token": 401, "wrong token": 401, "wrong parameter": 400, "run": 200}
    assert "'rows'" in pipelines.answers["wrong parameter"][1]
    assert json.loads(pipelines.answers["wrong parameter"][1])["error"]["message"]
    assert pipelines.json("ended by http")["status"] == "Completed"
    shown = pipelines.json("show by http")
    assert (shown["pipeline"], shown["experiment"]) == (pipelines.name, f"{pipelines.name}-http")
    assert (shown["version"], shown["parameters"]["rows"]) == (1, 1)


def test_a_pipeline_is_switched_off_and_on(pipelines: PipelineStory) -> None:
    name = pipelines.name
    assert [pipelines.json(f"disable {name}{end}")["changed"] for end in ("", " ")] == [True, False]
    assert pipelines.json(f"enable {name}") == {
        "name": name, "version": None, "enabled": True, "changed": True
    }  # fmt: skip


def test_a_schedule_tells_its_next_five_fires(pipelines: PipelineStory) -> None:
    name = pipelines.name
    made = pipelines.json(_cron(name))
    assert (made["enabled"], len(made["next_fires"]), made["last"]) == (True, 5, None)
    assert all(fire["local"][11:16] == "06:30" for fire in made["next_fires"])
    assert all(fire["utc"][11:16] in ("04:30", "05:30") for fire in made["next_fires"])
    assert pipelines.said[f"{_cron(name)} "].code == pipelines.said[_cron(name, "61 6 * * *")].code == 2
    listed = {one["name"]: one for one in pipelines.json("schedule list")}
    assert listed[f"{name}-c"] == made
    assert listed[f"{name}-d"]["parameters"] == {"rows": "3"}
    assert pipelines.json(f"schedule show {name}-c") == made | {"history": []}


def test_a_schedule_answers_without_waiting(pipelines: PipelineStory) -> None:
    name = pipelines.name
    friday = pipelines.json(f"schedule test {name}-c --at 2026-12-04T06:30")
    assert (friday["fires"], friday["at"]["utc"][:16]) == (True, "2026-12-04T05:30")
    assert friday["would_run"] == {"pipeline": name, "version": 1, "problem": None}
    assert not pipelines.json(f"schedule test {name}-c --at 2026-12-05T06:30")["fires"]


def test_a_schedule_is_switched_and_deleted(pipelines: PipelineStory) -> None:
    name = pipelines.name
    off, on = pipelines.json(f"schedule show {name}-c "), pipelines.json(f"schedule show {name}-c  ")
    assert (off["enabled"], off["next_fires"], on["enabled"], len(on["next_fires"])) == (False, [], True, 5)
    assert pipelines.json(f"schedule delete {name}-c") == {"name": f"{name}-c", "state": "deleted"}
    assert f"{name}-c" not in [one["name"] for one in pipelines.json("schedule list ")]


def _cron(name: str, expression: str = "30 6 * * mon-fri") -> str:
    return f"schedule create {name}-c {name} --time-zone Europe/Berlin --cron '{expression}'"


SAME_SHAPE = (
    "create two.yaml", "run two.yaml", "run two.yaml ", "publish two.yaml", "list {name}", "cancel",
    "trigger {name} --param rows=1 --param note=sent --wait", "rollback {name}", "disable {name}",
    "status failed", "schedule list", "schedule test {name}-c --at 2026-12-04T06:30", "token",
    "runs --pipeline {name}", "publish --from-run {run}",
)  # fmt: skip


@pytest.mark.parametrize("line", SAME_SHAPE)
def test_both_backends_write_the_same_fields(pipelines_told: Any, line: str) -> None:
    local, azure = (pipelines_told(backend) for backend in BACKENDS)
    shapes = [
        shape(one.said[line.format(name=one.name, run=one.run_of(OTHER))].json()) for one in (local, azure)
    ]
    assert shapes[0] == shapes[1]

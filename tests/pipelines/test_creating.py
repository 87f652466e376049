"""`pipeline create`: the graph, and what is wrong with a pipeline, at its place."""

import pytest

from tests.pipelines.world import Project

GOOD = """\
name: demo
parameters: {rows: 5, fast: true}
data: {raw: {path: raw.csv}}
steps:
- name: clean
  type: script
  script: clean.py
  inputs: {raw: data.raw}
  outputs: [table]
  arguments: [$(inputs.raw), $(outputs.table), $(parameters.rows)]
- name: train
  type: automl
  inputs: {data: clean.table}
  train: {label: y, max_trials: $(parameters.rows)}
- name: report
  type: script
  script: report.py
  after: [train]
"""


def test_the_graph(project: Project) -> None:
    project.pipeline(GOOD)
    project.write("clean.py", "")
    missing = project.mlops("pipeline", "create", "p.yaml", code=4).stderr
    assert f"step 'report': there is no script {project.folder / 'report.py'}" in missing
    project.write("report.py", "")
    shown = project.mlops("pipeline", "create", "p.yaml").stdout
    lines = [line.rstrip() for line in shown.splitlines() if line.strip()]
    assert lines[:4] == ["demo", "  parameter rows = 5", "  parameter fast = true", "  data.raw = raw.csv"]
    assert [line.split() for line in lines[-3:]] == [
        ["clean", "script", "data.raw", "table"],
        ["→", "train", "automl", "clean.table", "model,", "metrics"],
        ["→", "→", "report", "script", "after", "train"],
    ]


WRONG = {
    "a metric of another task": (
        ("label: y,", "label: y, primary_metric: r2_score,"),
        "p.yaml:14:21: steps[1].train.primary_metric: 'r2_score' is no metric of classification; it has AUC_",
    ),
    "a forecast without a time": (
        ("label: y,", "label: y, task: forecasting,"),
        "p.yaml:14:21: steps[1].train.task: forecasting needs train.forecasting.time_column_name too",
    ),
    "nothing to predict": (
        ("  train: {label: y, max_trials: $(parameters.rows)}\n", ""),
        "p.yaml:11:3: steps[1].train: nothing says which column to predict: set label",
    ),
    "an unknown input": (
        ("clean.table}", "clean.tabel}"),
        "p.yaml:13:12: steps[1].inputs.data: there is no 'clean.tabel', did you mean 'clean.table'?",
    ),
    "a step waits for itself": (
        ("after: [train]", "after: [report]"),
        "p.yaml:15:3: steps[2]: the steps wait for each other: report -> report",
    ),
    "a circle": (
        ("inputs: {raw: data.raw}", "inputs: {raw: data.raw}\n  after: [report]"),
        "p.yaml:5:3: steps[0]: the steps wait for each other: clean -> ",
    ),
    "an unknown parameter": (
        ("$(parameters.rows)]", "$(parameters.row)]"),
        "p.yaml:10:48: steps[0].arguments[2]: $(parameters.row): there is no 'row' among the parameters, "
        "did you mean 'rows'?",
    ),
    "a default that does not fit": (
        ("rows: 5", "rows: 0"),
        "p.yaml:14:33: steps[1].train.max_trials: expects a whole number from 1, got '0'",
    ),
    "a number that no request can name": (
        ("rows: 5", "rows: 5, most: .inf"),
        "p.yaml:2:23: parameters.most: JSON has no such number; as text it is 'inf'",
    ),
    "a batch step without data": (
        (
            "type: script\n  script: report.py",
            "type: batch\n  entry_script: report.py\n  mini_batch_input: rows",
        ),
        "p.yaml:15:3: steps[2]: a batch step needs an input, the data to split",
    ),
    "an unknown output": (
        ("$(outputs.table)", "$(outputs.tab)"),
        "p.yaml:10:30: steps[0].arguments[1]: $(outputs.tab): there is no 'tab' among the outputs, "
        "did you mean 'table'?",
    ),
    "a key of another type of step": (
        ("  after: [train]", "  train: {}"),
        "p.yaml:18:3: steps[2].train: unknown key",
    ),
    "automl without data": (
        ("  inputs: {data: clean.table}\n", ""),
        "p.yaml:11:3: steps[1]: an automl step needs one input, its training data",
    ),
    "validation data of any version": (
        ("{label: y,", "{label: y, validation_data: later,"),
        "p.yaml:14:21: steps[1].train.validation_data: needs a version",
    ),
    "two things that say which rows judge": (
        ("{label: y,", "{label: y, validation_data: later:1, validation_size: 0.2,"),
        "p.yaml:14:47: steps[1].train.validation_size: validation_data says already which rows judge",
    ),
    "two kinds of data": (
        ("{path: raw.csv}", "{path: raw.csv, dataset: raw}"),
        "p.yaml:3:8: data.raw: expects one of path, dataset and model",
    ),
    "a name that is no name": (("name: demo", "name: ../demo"), "p.yaml:1:1: name: use letters, digits"),
    "a secret": (("name: demo", "name: ${MY_TOKEN}"), "p.yaml:1:7: name: would store the secret MY_TOKEN"),
    "a variable that is not set": (
        ("path: raw.csv", "path: ${NOWHERE}"),
        "p.yaml:3:20: data.raw.path: the environment variable NOWHERE is not set",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_place(case: str, project: Project) -> None:
    (old, new), message = WRONG[case]
    assert GOOD.count(old) == 1
    project.mlops.environ["MY_TOKEN"] = "hush"
    project.pipeline(GOOD.replace(old, new))
    error = project.mlops("pipeline", "create", "p.yaml", "-o", "json", code=2).json()["error"]
    assert error["message"].startswith(message)
    assert "hush" not in str(error)


def test_results_of_a_batch_step_cannot_be_written_elsewhere(project: Project) -> None:
    project.pipeline(
        "steps:\n- {name: s, type: batch, entry_script: e.py, append_row_file_name: ../rows.csv}"
    )
    error = project.mlops("pipeline", "create", "p.yaml", code=2).stderr
    assert "p.yaml:2:68: steps[0].append_row_file_name: expects a file name, got '../rows.csv'" in error
    project.pipeline(
        "data: {d: {path: code}}\nsteps:\n- {name: s, type: batch, entry_script: code/count.py, "
        "inputs: {d: data.d}, append_row_file_name: summary.json}"
    )
    error = project.mlops("pipeline", "create", "p.yaml", code=2).stderr
    assert "steps[0].append_row_file_name: is the name of another file among the results" in error


def test_a_profile_holds_one_too_and_its_train_section_is_inherited(project: Project) -> None:
    project.mlops.profile(
        "experiment: bank\ntrain: {label: y, max_trials: 3}\npipeline:\n  data: {raw: {path: raw.csv}}\n"
        "  steps:\n  - {name: t, type: automl, inputs: {d: data.raw}, train: {timeout_minutes: 2}}\n"
    )
    project.write("raw.csv", "a,y\n1,2\n")
    assert project.mlops("pipeline", "create", "-o", "json").json()["name"] == "bank"
    empty = project.mlops("--set", "pipeline.steps=[]", "pipeline", "create", code=2)
    assert "the profile has no pipeline" in empty.stderr
    wrong = project.mlops("--set", "pipeline.name=a/b", "pipeline", "create", code=2)
    assert "--set pipeline.name: use letters" in wrong.stderr


def chain(count: int) -> str:
    steps = (
        f"- {{name: one-that-is-long-to-read-{n}, type: script, script: code/count.py" for n in range(count)
    )
    waits = ("}\n", *(f", after: [one-that-is-long-to-read-{n}]}}\n" for n in range(count - 1)))
    return "steps:\n" + "".join(f"{step}{wait}" for step, wait in zip(steps, waits, strict=True))


def test_long_names_and_long_chains_can_be_read(project: Project) -> None:
    project.pipeline(chain(30), "thirty steps.yaml")
    shown = project.mlops("pipeline", "create", "thirty steps.yaml", "--svg", "p.svg")
    assert "\n→ → one-that" in shown.stdout
    assert "\n→ ×29 " in shown.stdout
    assert "run 'thirty steps.yaml'" in shown.stderr
    drawn = (project.folder / "p.svg").read_text()
    assert [f">one-that-…{end}</text>" in drawn for end in ("to-read-2", "o-read-29")] == [True, True]
    width, least = (int(drawn.partition(f'{word}')[2].partition(end)[0]) for word, end in
                    (('width="', '"'), ("min-width:", "px")))  # fmt: skip
    assert width / 2 < least < width

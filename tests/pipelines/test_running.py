"""`pipeline run`: order, parameters, reuse, failure, retries, timeout, cancel, resume."""

import shutil

import pytest

from tests.pipelines.world import Project, until

CHAIN = """
name: chain
parameters: {word: hi, number: 3}
data: {raw: {path: raw.csv}}
steps:
- name: clean
  type: script
  script: code/clean.py
  inputs: {raw: data.raw}
  outputs: [table]
  arguments: [--in, $(inputs.raw), --word, $(parameters.word), --out, $(outputs.table)]
- name: report
  type: script
  script: code/report.py
  inputs: {table: clean.table}
  outputs: [page]
  arguments: [$(inputs.table), $(outputs.page)]
"""
CLEAN = """
import argparse, pathlib
parser = argparse.ArgumentParser()
for name in ("--in", "--word", "--out"):
    parser.add_argument(name, dest=name.strip("-"))
options = vars(parser.parse_args())
print("cleaning")
pathlib.Path(options["out"]).write_text(pathlib.Path(options["in"]).read_text() + options["word"])
"""
REPORT = """
import pathlib, sys
source, target = sys.argv[1:]
folder = pathlib.Path(target)
folder.mkdir()
(folder / "index.txt").write_text("report of " + pathlib.Path(source).read_text())
"""


@pytest.fixture
def chain(project: Project) -> Project:
    project.write("code/clean.py", CLEAN)
    project.write("report/report.py", REPORT)
    project.write("raw.csv", "a,b\n")
    project.pipeline(CHAIN.replace("code/report.py", "report/report.py"))
    return project


def test_steps_run_in_order_and_pass_data_on(chain: Project) -> None:
    done = chain.mlops("pipeline", "run", "p.yaml", "--param", "word=yes", "-o", "json").json()
    assert (done["status"], done["parameters"]) == ("Completed", {"word": "yes", "number": 3})
    assert [(s["name"], s["status"], s["reused_from"]) for s in done["steps"]] == [
        ("clean", "Completed", None),
        ("report", "Completed", None),
    ]
    chain.mlops("pipeline", "download", done["run_id"], "report.page", "--to", "page")
    assert (chain.folder / "page" / "index.txt").read_text() == "report of a,b\nyes"
    assert chain.mlops("pipeline", "logs", done["run_id"], "clean").stdout == "cleaning\n"


def test_what_did_not_change_is_reused(chain: Project) -> None:
    first = chain.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    again = chain.mlops("pipeline", "run", "p.yaml", "-o", "json")
    assert [s["reused_from"] for s in again.json()["steps"]] == [first, first]
    assert "clean: Reused" in again.stderr

    chain.write("report/report.py", REPORT + "print('new code')\n")
    changed_code = chain.mlops("pipeline", "run", "p.yaml", "-o", "json").json()
    assert [s["reused_from"] for s in changed_code["steps"]] == [first, None]

    chain.write("raw.csv", "a,c\n")
    changed_data = chain.mlops("pipeline", "run", "p.yaml", "-o", "json").json()
    assert [s["reused_from"] for s in changed_data["steps"]] == [None, None]

    changed_word = chain.mlops("pipeline", "run", "p.yaml", "--param", "word=x", "-o", "json").json()
    assert [s["reused_from"] for s in changed_word["steps"]] == [None, None]


def test_allow_reuse_false_runs_again_and_what_follows_is_reused(project: Project) -> None:
    project.pipeline(
        "steps:\n"
        + project.counting("a", output="o", allow_reuse="false")
        + project.counting("b", inputs="{x: a.o}")
    )
    for _ in range(2):
        project.mlops("pipeline", "run", "p.yaml")
    assert (project.times("a"), project.times("b")) == (2, 1)


def test_a_failure_shows_the_users_frame_and_resume_goes_on_from_it(project: Project) -> None:
    project.write(
        "code/flaky.py",
        """
        import os, sys
        def work():
            if not os.path.exists(sys.argv[1]):
                raise LookupError("not yet")
        work()
        """,
    )
    project.pipeline(
        "steps:\n"
        + project.counting("first", output="o")
        + f"- {{name: flaky, type: script, script: code/flaky.py, arguments: [{project.folder}/go], "
        + "inputs: {x: first.o}}\n"
        + project.counting("last", after="[flaky]")
    )
    failed = project.mlops("pipeline", "run", "p.yaml", "-o", "json", code=5).json()["error"]
    assert failed["message"].endswith("failed: step flaky failed: LookupError: not yet")
    assert failed["details"][1:3] == ['  File "flaky.py", line 6, in <module>', "    work()"]
    run_id = failed["hint"].split()[-1]
    assert [s["status"] for s in project.show(run_id)["steps"]] == ["Completed", "Failed", "NotStarted"]

    (project.folder / "go").touch()
    resumed = project.mlops("pipeline", "run", "--resume", run_id, "-o", "json").json()
    assert (resumed["run_id"], resumed["status"]) == (run_id, "Completed")
    assert (project.times("first"), project.times("last")) == (1, 1)
    assert resumed["steps"][1]["attempt"] == 2


def test_retries(project: Project) -> None:
    project.write(
        "code/third.py",
        """
        import pathlib, sys
        mark = pathlib.Path(sys.argv[1])
        mark.write_text(mark.read_text() + "x" if mark.exists() else "x")
        sys.exit(0 if len(mark.read_text()) == 3 else 4)
        """,
    )
    step = "- {name: s, type: script, script: code/third.py, arguments: [MARK], retries: 2}"
    project.pipeline("steps:\n" + step.replace("MARK", str(project.marks / "s")))
    done = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()
    assert (done["status"], done["steps"][0]["attempt"], project.times("s")) == ("Completed", 3, 3)

    project.pipeline("steps:\n" + step.replace("MARK", str(project.marks / "t")).replace("2}", "1}"))
    failed = project.mlops("pipeline", "run", "p.yaml", code=5)
    assert "step s failed: the script ended with exit code 4" in failed.stderr
    assert project.times("t") == 2


def test_a_step_that_takes_too_long_is_ended(project: Project) -> None:
    project.pipeline("steps:\n" + project.counting("slow", 60, timeout_minutes="0.005"))
    failed = project.mlops("pipeline", "run", "p.yaml", code=5)
    assert "step slow failed: it took longer than timeout_minutes" in failed.stderr


def test_cancel_ends_the_step_and_resume_runs_it_again(project: Project) -> None:
    project.pipeline("steps:\n" + project.counting("done") + project.counting("slow", 60, after="[done]"))
    run_id = project.start("p.yaml")
    until(lambda: project.times("slow") == 1)
    project.mlops("pipeline", "cancel", run_id)
    shown = project.wait(run_id, "Canceled")
    assert [s["status"] for s in shown["steps"]] == ["Completed", "Canceled"]
    until(lambda: not project.processes())
    project.mlops("pipeline", "run", "--resume", run_id, "--no-wait")
    until(lambda: project.times("slow") == 2)
    assert project.times("done") == 1


def test_a_time_to_wait_without_waiting_is_refused(chain: Project) -> None:
    refused = [
        chain.mlops("pipeline", *words.split(), "--timeout", "5s", code=2).stderr
        for words in ("run p.yaml --no-wait", "trigger chain")
    ]
    assert all("Error: --timeout goes with --wait" in one for one in refused)
    chain.mlops.environ["MLOPS_PIPELINE_RUN_TIMEOUT"] = "5s"
    chain.mlops("pipeline", "run", "p.yaml", "--no-wait")


def test_a_missing_output_is_named(project: Project) -> None:
    project.write("code/nothing.py", "")
    project.pipeline("steps:\n- {name: s, type: script, script: code/nothing.py, outputs: [table]}")
    failed = project.mlops("pipeline", "run", "p.yaml", code=5)
    assert "step s failed: the step did not write its output 'table'" in failed.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--param", "wrd=1"), "the pipeline has no parameter 'wrd'; there is: word, number"),
        (("--param", "number=x"), "parameter 'number' expects a whole number, got 'x'"),
        (("--param", "number"), "--param expects NAME=VALUE, got 'number'"),
        (("--data", "row=x"), "the pipeline has no data 'row'; there is: raw"),
    ],
)
def test_what_does_not_fit_is_named(args: tuple[str, str], message: str, chain: Project) -> None:
    for more in ((), ("--dry-run",)):
        error = chain.mlops("pipeline", "run", "p.yaml", *args, *more, "-o", "json", code=2).json()["error"]
        assert error["message"] == message
    assert chain.mlops("pipeline", "runs", "-o", "json").json() == []


@pytest.mark.parametrize(
    "more", [("p.yaml",), ("--param", "number=1"), ("--experiment", "e"), ("--dry-run",)]
)
def test_resume_takes_nothing_else(more: tuple[str, ...], chain: Project) -> None:
    run_id = chain.start("p.yaml")
    refused = chain.mlops("pipeline", "run", "--resume", run_id, *more, code=2)
    assert "--resume goes on with what the run was given" in refused.stderr
    chain.wait(run_id, "Completed")


def test_a_state_directory_that_was_moved_has_the_outputs_of_its_runs(project: Project) -> None:
    project.pipeline("steps:\n" + project.counting("s", 0, "o"))
    run_id = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    until(lambda: not project.processes())
    project.mlops.environ["MLOPS_HOME"] = str(project.home.rename(project.folder / "moved"))
    project.mlops("pipeline", "download", run_id, "s.o", "--to", "o.txt")
    assert (project.folder / "o.txt").read_text() == str(project.marks / "s")
    again = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()
    assert again["steps"][0]["reused_from"] == run_id

    shutil.rmtree(project.folder / "moved/pipelines/runs" / run_id / "outputs")
    gone = project.mlops("pipeline", "download", run_id, "s.o", "--to", "p.txt", code=4)
    assert "output 'o' of step 's' is gone" in gone.stderr


def test_a_step_that_is_reused_under_another_name_has_its_log(project: Project) -> None:
    project.write("code/say.py", "print('said once')")
    for name in ("one", "two"):
        project.pipeline(f"steps: [{{name: {name}, type: script, script: code/say.py}}]")
        run = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()
    assert run["steps"][0]["reused_from"]
    assert project.mlops("pipeline", "logs", run["run_id"], "two").stdout == "said once\n"


def test_other_data_by_flag_and_by_dataset(chain: Project) -> None:
    chain.write("other.csv", "z\n1\n")
    run = chain.mlops("pipeline", "run", "p.yaml", "--data", "raw=other.csv", "-o", "json").json()
    chain.mlops("pipeline", "download", run["run_id"], "clean.table", "--to", "t1")
    assert (chain.folder / "t1").read_text() == "z\n1\nhi"
    chain.mlops("data", "register", "other.csv", "--name", "other")
    run = chain.mlops("pipeline", "run", "p.yaml", "--data", "raw=dataset:other", "-o", "json").json()
    assert run["data"] == {"raw": "other:1"}
    assert run["steps"][0]["reused_from"], "the same content under another name is the same work"
    missing = chain.mlops("pipeline", "run", "p.yaml", "--data", "raw=no.csv", code=4)
    assert "data 'raw': there is no" in missing.stderr


def test_cancel_stops_the_automl_run_too(project: Project) -> None:
    rows = "".join(f"{n},{n % 7},{'yes' if n % 3 else 'no'}\n" for n in range(200))
    project.write("t.csv", "a,b,y\n" + rows)
    settings = "{label: y, timeout_minutes: 5, early_stopping: false, allowed_models: [LightGBM]}"
    project.pipeline(
        "data: {raw: {path: t.csv}}\nsteps:\n"
        f"- {{name: train, type: automl, inputs: {{data: data.raw}}, train: {settings}}}\n"
    )
    run_id = project.start("p.yaml")

    def automl() -> str:
        found = project.mlops("runs", "list", "-o", "json").json()
        return str(found[0]["status"]) if found else ""

    until(lambda: automl() == "Running", 60)
    project.mlops("pipeline", "cancel", run_id)
    project.wait(run_id, "Canceled")
    until(lambda: automl() == "Canceled", 60)


def test_an_automl_step_is_judged_by_its_validation_data(project: Project) -> None:
    rows = [f"{n},{n % 7},{label}" for n in range(200) for label in [("no", "yes")[n > 99]]]
    contrary = [f"{n},{n % 7},{label}" for n in range(200) for label in [("yes", "no")[n > 99]]]
    project.write("t.csv", "\n".join(["a,b,y", *rows]))
    project.write("judges.csv", "\n".join(["a,b,y", *contrary]))
    project.mlops("data", "register", "judges.csv", "--name", "judges", "--label", "y")
    settings = "{label: y, max_trials: 1, allowed_models: [LightGBM], validation_data: judges:1}"
    project.pipeline(
        "data: {raw: {path: t.csv}}\nsteps:\n"
        f"- {{name: train, type: automl, inputs: {{data: data.raw}}, train: {settings}}}\n"
    )
    project.mlops("pipeline", "run", "p.yaml", "--wait")
    [run] = project.mlops("runs", "list", "-o", "json").json()
    shown = project.mlops("runs", "show", run["run_id"], "-o", "json").json()
    assert shown["best"]["metrics"]["AUC_weighted"] < 0.1

"""kill -9 at any moment: the run goes on where it was, and nothing that was complete is done again."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlops_cli.domain.pipeline_runs import PipelineRun
from mlops_cli.engine.pipelines import layout, start
from mlops_cli.engine.pipelines.content import content_hash
from mlops_cli.engine.store import Store
from mlops_cli.status import RunStatus
from tests.pipelines.world import Project, until

LEAVES = """
import os, pathlib, sys, time
go, end, mark = map(pathlib.Path, sys.argv[1:])
leaves = os.fork() == 0
if leaves:
    os.setsid()
mark.touch()
while not (end if leaves else go).exists():
    time.sleep(0.01)
if leaves:
    os._exit(0)
"""


def test_a_run_without_its_process_says_so_and_adopts_the_step_that_lives(project: Project) -> None:
    project.pipeline(
        "steps:\n" + project.counting("slow", 1.5, "o") + project.counting("next", 0, inputs="{x: slow.o}")
    )
    run_id = project.start("p.yaml")
    until(lambda: project.times("slow") == 1)
    project.kill(project.runner(run_id))
    assert project.mlops("pipeline", "status", run_id, code=5).stdout == "NotResponding\n"
    done = project.mlops("pipeline", "run", "--resume", run_id, "-o", "json").json()
    assert done["status"] == "Completed"
    assert (project.times("slow"), project.times("next")) == (1, 1)
    assert "slow: its process lives" in project.log(run_id)


@pytest.mark.parametrize("made", ["2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_a_run_that_never_began_is_seen_whatever_the_clock_said(project: Project, made: str) -> None:
    project.pipeline("steps:\n" + project.counting("one"))
    run_id = project.start("p.yaml")
    project.wait(run_id, "Completed")

    def change(run: PipelineRun) -> None:
        run.status, run.created_at, run.ended_at = RunStatus.NOT_STARTED, made, None

    Store(project.home).pipeline_runs.update(run_id, change)
    assert project.mlops("pipeline", "status", run_id, code=5).stdout == "NotResponding\n"


def test_what_an_adopted_step_has_left_running_is_not_waited_for(project: Project) -> None:
    project.write("code/leaves.py", LEAVES)
    go, end = project.folder / "go", project.folder / "end"
    mark = project.marks / "x"
    project.pipeline(
        f"steps:\n- {{name: leaves, type: script, script: code/leaves.py, arguments: [{go}, {end}, {mark}]}}"
    )
    run_id = project.start("p.yaml")
    until(mark.exists)
    project.kill(project.runner(run_id))
    project.mlops("pipeline", "run", "--resume", run_id, "--no-wait")
    until(lambda: "its process lives" in project.log(run_id))
    go.touch()
    try:
        project.wait(run_id, "Completed")
    finally:
        end.touch()


def test_cancel_ends_a_step_that_outlived_its_runner(project: Project) -> None:
    project.pipeline("steps:\n" + project.counting("slow", 60))
    run_id = project.start("p.yaml")
    until(lambda: project.times("slow") == 1)
    slow = project.step(run_id, "slow")
    project.kill(project.runner(run_id))
    project.mlops("pipeline", "cancel", run_id)
    project.wait(run_id, "Canceled")
    assert not slow.is_running()
    assert project.steps(run_id)["slow"].status == "Canceled"


def test_cancel_needs_no_process_that_works_on_the_run_the_second_time(project: Project) -> None:
    project.pipeline("steps:\n" + project.counting("slow", 60))
    run_id = project.start("p.yaml")
    until(lambda: project.times("slow") == 1)
    project.crash()
    Store(project.home).pipeline_runs.update(run_id, start.ask_to_stop)
    assert project.mlops("pipeline", "cancel", run_id).stdout == f"{run_id}: Canceled\n"


def test_a_step_that_died_with_its_runner_is_run_again(project: Project) -> None:
    project.pipeline("steps:\n" + project.counting("slow", 60))
    run_id = project.start("p.yaml")
    until(lambda: project.times("slow") == 1)
    runner = project.runner(run_id)
    project.kill(runner, project.step(run_id, "slow"))
    project.mlops("pipeline", "run", "--resume", run_id, "--no-wait")
    until(lambda: project.times("slow") == 2)
    assert project.steps(run_id)["slow"].failures == 0


def test_a_step_that_is_killed_alone_has_failed(project: Project) -> None:
    project.pipeline("steps:\n" + project.counting("slow", 60))
    run_id = project.start("p.yaml")
    until(lambda: project.times("slow") == 1)
    project.kill(project.step(run_id, "slow"))
    failed = project.wait(run_id, "Failed")
    assert failed["error"] == "step slow failed: its process was ended by SIGKILL"


def test_of_steps_that_fail_each_says_why(project: Project) -> None:
    project.pipeline("steps:\n" + project.counting("one", 60) + project.counting("two", 60))
    run_id = project.start("p.yaml")
    until(lambda: project.times("one") == project.times("two") == 1)
    one, two = project.step(run_id, "one"), project.step(run_id, "two")
    one.terminate()
    two.kill()
    failed = project.wait(run_id, "Failed")
    assert failed["error"] == (
        "step one failed: its process was ended by SIGTERM; step two failed: its process was ended by SIGKILL"
    )


def test_steps_go_on_without_the_nursery_that_was_killed(project: Project) -> None:
    project.pipeline(
        "steps:\n" + project.counting("slow", 1.5, "o") + project.counting("next", 0, inputs="{x: slow.o}")
    )
    run_id = project.start("p.yaml")
    until(lambda: project.times("slow") == 1)
    nursery = project.step(run_id, "slow").parent()
    assert nursery is not None
    assert nursery.parent() == project.runner(run_id)
    project.kill(nursery)
    project.wait(run_id, "Completed")
    assert (project.times("slow"), project.times("next")) == (1, 1)


KILLS = 10
STEPS = 24


@pytest.mark.parametrize("seed", range(3))
def test_the_machine_goes_down_at_ten_random_moments(seed: int, project: Project) -> None:
    """Server, runner and steps die at once; started again, the server takes the run up by itself."""
    dice = random.Random(seed)
    text = "name: long\nsteps:\n" + project.counting("s0", 0.05, "o")
    for number in range(1, STEPS):
        text += project.counting(f"s{number}", 0.05, "o", inputs=f"{{x: s{dice.randrange(number)}.o}}")
    project.pipeline(text)
    project.mlops("pipeline", "publish", "p.yaml")
    run_id = project.mlops("pipeline", "trigger", "long", "-o", "json").json()["run_id"]
    complete: dict[str, int] = {}
    for _ in range(KILLS):
        time.sleep(dice.random() * 0.4)
        project.crash()
        check_complete(project, run_id, complete)
        project.mlops("pipeline", "server", "start")
    project.wait(run_id, "Completed")
    check_complete(project, run_id, complete)
    assert len(complete) == STEPS


def check_complete(project: Project, run_id: str, complete: dict[str, int]) -> None:
    """What is recorded as complete has its outputs, and was not run since that was seen first."""
    for name, step in project.steps(run_id).items():
        assert step.status == "Completed" or name not in complete
        if step.status == "Completed":
            assert Path(step.outputs["o"].path).read_text() == str(project.marks / name)
            assert content_hash(Path(step.outputs["o"].path)) == step.outputs["o"].content_hash
            assert complete.setdefault(name, project.times(name)) == project.times(name)


def test_a_runner_that_cannot_use_the_store_says_so_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "store.sqlite").write_text(
        "no database, and long enough not to be taken for an empty one" * 9
    )
    command = [sys.executable, "-m", "mlops_cli.engine.pipelines.runner", str(tmp_path)]
    done = subprocess.run(command, input="Pipeline_1", text=True, check=False)
    said = layout.runner_log(tmp_path, "Pipeline_1").read_text()
    assert said.startswith(f"ERROR the store {tmp_path / 'store.sqlite'} cannot be used: ")
    assert (done.returncode, said.count("\n")) == (1, 1)

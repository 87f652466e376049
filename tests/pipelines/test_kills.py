"""kill -9 at any moment: the run goes on where it was, and nothing that was complete is done again."""

import random
import time
from pathlib import Path

import pytest

from tests.pipelines.world import Project, until


def test_a_run_without_its_process_says_so_and_adopts_the_step_that_lives(project: Project) -> None:
    project.pipeline(
        "steps:\n" + project.counting("slow", 1.5, "o") + project.counting("next", 0, inputs="{x: slow.o}")
    )
    run_id = project.start("p.yaml")
    until(lambda: project.times("slow") == 1)
    project.kill(project.runner(run_id))
    assert project.show(run_id)["status"] == "NotResponding"
    done = project.mlops("pipeline", "run", "--resume", run_id, "-o", "json").json()
    assert done["status"] == "Completed"
    assert (project.times("slow"), project.times("next")) == (1, 1)
    assert "slow: its process lives" in project.log(run_id)


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


@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random_moments(seed: int, project: Project) -> None:
    """All processes of the run die at once, again and again, as when the machine goes down."""
    dice = random.Random(seed)
    text = "steps:\n" + project.counting("s0", 0.05, "o")
    for number in range(1, 6):
        text += project.counting(f"s{number}", 0.05, "o", inputs=f"{{x: s{number - 1}.o}}")
    project.pipeline(text)
    run_id = project.start("p.yaml")
    complete: dict[str, int] = {}
    for _ in range(4):
        time.sleep(dice.random() * 0.5)
        project.kill(*project.processes())
        for name, step in project.steps(run_id).items():
            if step.status == "Completed":
                assert all(Path(output.path).read_text() for output in step.outputs.values())
                assert complete.setdefault(name, project.times(name)) == project.times(name)
        if project.show(run_id)["status"] == "Completed":
            break
        project.mlops("pipeline", "run", "--resume", run_id, "--no-wait")
    done = project.mlops("pipeline", "run", "--resume", run_id, "-o", "json", code=None)
    assert project.wait(run_id, "Completed"), done.stderr
    assert all(project.times(name) == times for name, times in complete.items())
    assert all(step.outputs for step in project.steps(run_id).values())

"""The table of a run's steps, where it is longer than the terminal and where a step runs again."""

from mlops_cli.cli.pipeline_table import FRAME_ROWS, in_sight, took
from mlops_cli.domain.pipeline_runs import StepRun
from mlops_cli.status import RunStatus


def steps(completed: int, count: int) -> list[StepRun]:
    states = [RunStatus.COMPLETED] * completed + [RunStatus.NOT_STARTED] * (count - completed)
    return [StepRun("Pipeline_1", f"s{number}", "script", state) for number, state in enumerate(states)]


def seen(completed: int, count: int) -> list[str]:
    return [step.name for step in in_sight(steps(completed, count), 5 + FRAME_ROWS)]


def test_a_terminal_shows_the_steps_that_are_worked_on() -> None:
    assert seen(0, 3) == ["s0", "s1", "s2"]
    assert seen(0, 99) == ["s0", "s1", "s2", "s3", "s4"]
    assert seen(50, 99) == ["s48", "s49", "s50", "s51", "s52"]
    assert seen(99, 99) == ["s94", "s95", "s96", "s97", "s98"]


def test_seconds_of_an_earlier_attempt_are_not_those_of_one_that_runs() -> None:
    [step] = steps(1, 1)
    step.duration_seconds = 2.5
    assert took(step) == "2.5"
    step.status = RunStatus.RUNNING
    assert took(step) == ""

"""Old runs are forgotten with their files; what others refer to, and what goes on, stays."""

from pathlib import Path
from typing import Any

import pytest

from mlops_cli.engine.pipelines import layout
from tests.pipelines.world import Project, until


@pytest.fixture
def made(project: Project) -> Any:
    """Makes a run of a step that leaves an output, reused where `name` is the same."""

    def run(name: str, **more: str) -> str:
        project.pipeline("name: P\nsteps:\n" + project.counting(name, output="out", **more), f"{name}.yaml")
        return str(project.wait(project.start(f"{name}.yaml"), "Completed")["run_id"])

    return run


def _pruned(project: Project, *args: str) -> list[str]:
    found = project.mlops("pipeline", "prune", *args, "-o", "json").json()
    return [run["run_id"] for run in found]


def _folders(project: Project) -> set[str]:
    return {folder.name for folder in Path(layout.pipelines_dir(project.home), "runs").iterdir()}


def test_the_newest_stay_and_the_others_go_with_their_files(project: Project, made: Any) -> None:
    first, second, third = made("one"), made("two"), made("three")
    assert _pruned(project, "--keep", "1", "--dry-run") == [second, first]
    assert _folders(project) == {first, second, third}
    assert _pruned(project, "--keep", "1") == [second, first]
    assert _folders(project) == {third}
    assert [run["run_id"] for run in project.mlops("pipeline", "runs", "-o", "json").json()] == [third]
    project.mlops("pipeline", "show", first, code=4)
    assert _pruned(project, "--keep", "1") == []


def test_what_a_run_that_stays_has_reused_stays(project: Project, made: Any) -> None:
    first, other, again = made("same"), made("other"), made("same")
    assert _pruned(project, "--keep", "1") == [other]
    assert _folders(project) == {first, again}
    project.mlops("pipeline", "download", again, "same.out", "--to", "out.txt")
    newest = made("new")
    assert _pruned(project, "--keep", "1") == [again, first]
    assert _folders(project) == {newest}


def test_a_forgotten_step_runs_again(project: Project, made: Any) -> None:
    made("same")
    made("other")
    _pruned(project, "--keep", "1")
    made("same")
    assert project.times("same") == 2


def test_age_and_pipeline_narrow_it_down(project: Project, made: Any) -> None:
    made("one")
    made("two")
    assert _pruned(project, "--keep", "0", "--older-than", "1d") == []
    assert _pruned(project, "--keep", "0", "--pipeline", "Q") == []
    assert len(_pruned(project, "--older-than", "0s", "--pipeline", "P")) == 2


def test_nothing_is_forgotten_while_a_run_goes_on(project: Project, made: Any) -> None:
    first = made("one")
    project.pipeline("name: P\nsteps:\n" + project.counting("slow", 600), "slow.yaml")
    slow = project.start("slow.yaml")
    until(lambda: project.times("slow"))
    refused = project.mlops("pipeline", "prune", "--keep", "0", code=2)
    assert f"{slow} goes on" in refused.stderr
    assert first in _folders(project)
    project.mlops("pipeline", "cancel", slow)
    project.wait(slow, "Canceled")
    assert _pruned(project, "--keep", "0") == [slow, first]


def test_it_asks_which(project: Project) -> None:
    assert "--keep N" in project.mlops("pipeline", "prune", code=2).stderr

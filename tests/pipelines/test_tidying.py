"""What is left of a step's own folder."""

from pathlib import Path

import pytest

from mlops_cli.engine.pipelines import layout, place, start
from tests.pipelines.world import Project, until


@pytest.mark.parametrize(("size", "stays"), [(10, True), (100_000, False)])
def test_only_a_large_folder_is_removed_when_its_step_is_complete(
    size: int, stays: bool, project: Project
) -> None:
    project.write("code/fill.py", f"open('scratch', 'wb').write(bytes({size}))")
    project.pipeline("steps:\n- {name: fill, type: script, script: code/fill.py}\n")
    run_id = project.mlops("pipeline", "run", "p.yaml", "-o", "json").json()["run_id"]
    until(lambda: not start.is_worked_on(project.home, run_id))
    work = Path(place.work_of(layout.attempt(project.home, run_id, "fill", 1)))
    assert work.exists() is stays
    project.mlops("pipeline", "prune", "--keep", "0")
    assert not work.exists()

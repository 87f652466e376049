"""The place of the next step is made while the one before it runs; nothing of the step has begun by that."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlops_cli.engine.pipelines import layout, place, records
from tests.conftest import Mlops
from tests.pipelines.world import Project, until

GATE = """
import pathlib, sys, time
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.01)
pathlib.Path(sys.argv[2]).write_text("through")
"""


class Gated(Project):
    """A pipeline whose first step waits for the gate to be opened, and whose second takes its output."""

    def begin(self, **more: str) -> str:
        """Returns the run's id once the place of the second step is made."""
        self.write("code/gate.py", GATE)
        self.pipeline(
            "steps:\n- {name: gate, type: script, script: code/gate.py, "
            f"arguments: [{self.gate}, $(outputs.o)], outputs: [o], allow_reuse: false}}\n"
            + self.counting("next", output="p", inputs="{x: gate.o}", **more)
        )
        run_id = self.start("p.yaml")
        until((self.place(run_id, place.work_of) / "count.py").exists)
        return run_id

    @property
    def gate(self) -> Path:
        return self.folder / "gate"

    def place(self, run_id: str, part: Callable[[str], str]) -> Path:
        return Path(part(layout.attempt(self.home, run_id, "next", 1)))

    def open(self, run_id: str) -> None:
        self.gate.touch()
        self.wait(run_id, "Completed")


@pytest.fixture
def gated(mlops: Mlops) -> Iterator[Gated]:
    made = Gated(mlops)
    yield made
    made.close()


def test_the_process_that_made_the_place_runs_the_step(gated: Gated) -> None:
    run_id = gated.begin()
    spare = gated.step(run_id, "next")
    assert (gated.steps(run_id)["next"].status, gated.times("next")) == ("NotStarted", 0)
    gated.open(run_id)
    attempt = layout.attempt(gated.home, run_id, "next", 1)
    assert records.read(attempt) == [str(spare.pid).encode(), b'{"ok":true}']
    assert (gated.steps(run_id)["next"].attempt, gated.times("next")) == (1, 1)


def test_another_one_comes_for_a_process_that_was_killed_there(gated: Gated) -> None:
    run_id = gated.begin()
    spare = gated.step(run_id, "next")
    gated.kill(spare)
    until(lambda: _process(gated, run_id) not in (None, spare.pid))
    gated.open(run_id)
    assert (gated.steps(run_id)["next"].failures, gated.times("next")) == (0, 1)


def test_the_place_of_a_step_that_turns_out_to_be_reused_is_removed(gated: Gated) -> None:
    first = gated.begin()
    gated.open(first)
    gated.gate.unlink()
    second = gated.begin()
    gated.open(second)
    assert (gated.steps(second)["next"].reused_from, gated.times("next")) == (first, 1)
    until(lambda: not gated.place(second, place.work_of).exists())


def test_the_place_of_a_run_that_is_canceled_is_removed(gated: Gated) -> None:
    run_id = gated.begin()
    gated.mlops("pipeline", "cancel", run_id)
    gated.wait(run_id, "Canceled")
    until(lambda: not gated.place(run_id, place.work_of).exists())
    assert gated.times("next") == 0


@pytest.mark.parametrize("both", [False, True])
def test_without_its_runner_the_process_ends_and_the_place_is_made_anew(both: bool, gated: Gated) -> None:
    run_id = gated.begin()
    spare = gated.step(run_id, "next")
    gated.kill(gated.runner(run_id), *([spare] if both else []))
    until(lambda: not spare.is_running())
    gated.mlops("pipeline", "run", "--resume", run_id, "--no-wait")
    gated.open(run_id)
    assert _process(gated, run_id) != spare.pid
    assert (gated.steps(run_id)["next"].attempt, gated.times("next")) == (1, 1)


def test_a_step_with_an_interpreter_of_its_own_is_not_begun_ahead(gated: Gated) -> None:
    gated.write("code/gate.py", GATE)
    gated.pipeline(
        f"steps:\n- {{name: gate, type: script, script: code/gate.py, arguments: [{gated.gate}, $(outputs.o)], "
        "outputs: [o]}\n"
        + gated.counting("own", after="[gate]", environment="{variables: {PYTHONHASHSEED: '1'}}")
        + gated.counting("next", after="[gate]")
    )
    run_id = gated.start("p.yaml")
    until(gated.place(run_id, place.work_of).exists)
    assert records.read(layout.attempt(gated.home, run_id, "own", 1)) == []
    gated.open(run_id)
    assert (gated.times("own"), gated.times("next")) == (1, 1)


HOLDS = """
import sys
from mlops_cli.engine.pipelines import place, records
place.enter(sys.argv[1], records.lock(7))
print(flush=True)
sys.stdin.read()
"""


def test_who_comes_while_a_place_is_being_left_waits_and_nobody_else_does(tmp_path: Path) -> None:
    attempt, other = (str(tmp_path / "steps" / name) for name in ("s.1", "s.2"))
    command = [sys.executable, "-c", HOLDS, attempt]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as leaving:
        assert leaving.stdout is not None
        leaving.stdout.readline()
        os.close(place.enter(other, records.lock(8)))
        with ThreadPoolExecutor() as pool:
            coming = pool.submit(place.enter, attempt, records.lock(7))
            assert not coming.done()
            leaving.communicate()
            record = coming.result()
    assert (records.is_held(attempt, 7), records.is_held(other, 8)) == (True, False)
    place.write_result(attempt, b"{}")
    os.close(record)
    assert not records.is_held(attempt, 7)
    assert records.read(attempt) == [str(leaving.pid).encode(), str(os.getpid()).encode(), b"{}"]
    assert records.read(other) == [str(os.getpid()).encode()]


def test_what_a_killed_process_has_left_is_removed(tmp_path: Path) -> None:
    attempt = str(tmp_path / "s.1")
    for folder in (place.work_of(attempt), place.outputs_of(attempt)):
        Path(folder).mkdir()
        (Path(folder) / "left").touch()
    task = {"attempt": attempt, "outputs": True, "copy": "", "folders": [], "files": []}
    with contextlib.chdir(tmp_path):
        place.furnish(task)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["s.1.outputs", "s.1.work"]


def _process(gated: Gated, run_id: str) -> int | None:
    return records.read_pid(layout.attempt(gated.home, run_id, "next", 1))

"""The place of the next step is made while the one before it runs; nothing of the step has begun by that."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

from mlops_cli.engine.pipelines import layout, place
from mlops_cli.engine.pipelines.work import Result, read_result
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
        until((self.work(run_id) / "count.py").exists)
        return run_id

    @property
    def gate(self) -> Path:
        return self.folder / "gate"

    def attempt(self, run_id: str) -> str:
        return layout.attempt(self.home, run_id, "next", 1)

    def work(self, run_id: str) -> Path:
        return Path(place.work_of(self.attempt(run_id)))

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
    attempt = gated.attempt(run_id)
    assert place.read(attempt, place.BEGAN) == str(spare.pid).encode()
    assert place.read(attempt, place.ENDED) == b'{"ok":true}'
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
    until(lambda: not gated.work(second).exists())


def test_the_place_of_a_run_that_is_canceled_is_removed(gated: Gated) -> None:
    run_id = gated.begin()
    gated.mlops("pipeline", "cancel", run_id)
    gated.wait(run_id, "Canceled")
    until(lambda: not gated.work(run_id).exists())
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
    until(gated.work(run_id).exists)
    assert not Path(place.work_of(layout.attempt(gated.home, run_id, "own", 1))).exists()
    gated.open(run_id)
    assert (gated.times("own"), gated.times("next")) == (1, 1)


class Pipe:
    """What the maker of a process reads, and the process has the other end of."""

    def __init__(self) -> None:
        reading, self.maker = os.pipe()
        self.read = os.fdopen(reading)

    def close(self) -> None:
        self.read.close()
        os.close(self.maker)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    with closing(Pipe()) as made:
        yield made


STAYS = """
import sys
from mlops_cli.engine.pipelines import place
attempt = sys.argv[1]
place.enter(attempt, 1)
print(flush=True)
sys.stdin.read()
place.leave(attempt)
"""


@contextmanager
def other_in(attempt: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is there until its input ends, and then leaves."""
    command = [sys.executable, "-c", STAYS, attempt]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        yield other


def test_who_comes_while_a_place_is_being_left_holds_one_that_others_find(tmp_path: Path, pipe: Pipe) -> None:
    attempt = str(tmp_path / "steps" / "s.1")
    with other_in(attempt) as leaving, ThreadPoolExecutor() as pool:
        coming = pool.submit(place.enter, attempt, pipe.maker)
        leaving.communicate()
        folder = coming.result()
    assert folder is not None
    assert (place.is_held(attempt), place.read(attempt, place.BEGAN)) == (True, str(os.getpid()).encode())
    os.close(folder)
    assert not place.is_held(attempt)


def test_who_comes_late_and_without_its_maker_removes_nothing(tmp_path: Path, pipe: Pipe) -> None:
    attempt = str(tmp_path / "steps" / "s.1")
    with other_in(attempt) as working:
        result = Path(place.outputs_of(attempt)) / "result"
        result.parent.mkdir()
        result.touch()
        working.kill()
    pipe.read.close()
    assert place.enter(attempt, pipe.maker) is None
    assert result.exists()


def test_a_line_that_a_full_disk_has_cut_off_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "steps").mkdir()
    one, other = (str(tmp_path / "steps" / name) for name in ("s.1", "s.11"))
    place.write(one, place.ENDED, b'{"ok":')
    place.write(other, place.ENDED, b'{"ok":true}')
    assert (read_result(one), read_result(other)) == (None, Result(True))


def _process(gated: Gated, run_id: str) -> int | None:
    try:
        return gated.step(run_id, "next").pid
    except (psutil.NoSuchProcess, FileNotFoundError, ValueError):
        return None

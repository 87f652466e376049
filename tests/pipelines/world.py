"""A project with pipelines in it, and what ends every process that its runs started."""

import contextlib
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from mlops_cli.domain.pipeline_runs import StepRun
from mlops_cli.engine.pipelines import layout, place
from mlops_cli.engine.store import Store
from tests.conftest import Mlops

PIPELINE = """
name: Bank Retrain
parameters: {word: hi, number: 3}
steps:
- {name: say, type: script, script: code/say.py, arguments: [$(parameters.word), $(parameters.number)]}
"""
COUNTING = """
import pathlib, sys, time
mark, seconds = sys.argv[1:3]
with open(mark, "a") as file:
    file.write("x")
time.sleep(float(seconds))
for output in sys.argv[3:]:
    pathlib.Path(output).write_text(mark)
"""


def until(check: Callable[[], Any], seconds: float = 30) -> Any:
    """The first true value of `check`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {check}")


class Project:
    """Pipelines and scripts below a folder, and the command line in it."""

    def __init__(self, mlops: Mlops) -> None:
        self.mlops = mlops
        self.folder = mlops.project
        self.home = mlops.home
        self.marks = mlops.project / "marks"
        self.marks.mkdir()
        mlops.profile("experiment: tests")
        self.write("code/count.py", COUNTING)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def pipeline(self, text: str, name: str = "p.yaml") -> Path:
        return self.write(name, text)

    def counting(self, step: str, seconds: float = 0, output: str | None = None, **more: str) -> str:
        """A step, as YAML, that leaves one more x in its mark each time it runs."""
        out = f", $(outputs.{output})" if output else ""
        extra = "".join(f", {key}: {value}" for key, value in more.items())
        outputs = f", outputs: [{output}]" if output else ""
        mark = self.marks / step
        return (
            f"- {{name: {step}, type: script, script: code/count.py, "
            f'arguments: ["{mark}", {seconds}{out}]{outputs}{extra}}}\n'
        )

    def times(self, step: str) -> int:
        mark = self.marks / step
        return len(mark.read_text()) if mark.exists() else 0

    def start(self, *args: str | Path) -> str:
        """Run a pipeline without waiting; returns the run's id."""
        return str(self.mlops("pipeline", "run", *args, "--no-wait", "-o", "json").json()["run_id"])

    def show(self, run_id: str) -> Any:
        return self.mlops("pipeline", "show", run_id, "-o", "json").json()

    def steps(self, run_id: str) -> dict[str, StepRun]:
        return {step.name: step for step in Store(self.home).pipeline_runs.steps(run_id)}

    def wait(self, run_id: str, status: str, seconds: float = 30) -> Any:
        """The run, once it has that status."""
        return until(lambda: (found := self.show(run_id))["status"] == status and found, seconds)

    def runner(self, run_id: str) -> psutil.Process:
        """The process that works on the run."""
        return psutil.Process(int(layout.runner_lock(self.home, run_id).read_text()))

    def step(self, run_id: str, name: str, attempt: int = 1) -> psutil.Process:
        """The process of a step's attempt."""
        began = place.read(layout.attempt(self.home, run_id, name, attempt), place.BEGAN)
        return psutil.Process(int(began or b""))

    def processes(self) -> list[psutil.Process]:
        """Every process that lives with this state directory, or a place in it, on its command line."""
        home = str(self.home)
        known = psutil.process_iter(["cmdline", "status"])
        return [p for p in known if p.info["status"] != psutil.STATUS_ZOMBIE
                and any(word.startswith(home) for word in p.info["cmdline"] or [])]  # fmt: skip

    def kill(self, *processes: psutil.Process) -> None:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        until(lambda: not any(_lives(process) for process in processes))

    def crash(self) -> None:
        """End everything at once, as when the machine goes down."""
        while alive := self.processes():
            self.kill(*alive)

    def close(self) -> None:
        self.crash()

    def log(self, run_id: str) -> str:
        return layout.runner_log(self.home, run_id).read_text()


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

"""What a step is to do, how it ended, and the steps that need more than a bare interpreter."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from msgspec import Struct, field

from mlops_cli.domain.pipelines import AutoMLStep, BatchStep, ScriptStep, Step
from mlops_cli.domain.references import put, unescape
from mlops_cli.engine.endpoints.signals import signal_name
from mlops_cli.engine.pipelines import child, place
from mlops_cli.engine.pipelines.planning import Source, script_in_snapshot
from mlops_cli.errors import MlopsError, WorkFailedError

WORK = "work.json"


class Work(Struct):
    """One attempt of a step, and what the names of its files begin with."""

    home: str
    run_id: str
    pipeline: str
    experiment: str
    step: Step
    attempt: str
    inputs: dict[str, Source]
    outputs: dict[str, str]

    def arguments(self) -> list[str]:
        """The step's arguments with the places of its inputs and outputs."""
        assert isinstance(self.step, ScriptStep | BatchStep)
        return [self.filled(text) for text in self.step.arguments]

    def variables(self) -> dict[str, str]:
        own = {name: self.filled(text) for name, text in self.step.environment.variables.items()}
        return {child.RUN_ID: f"{self.run_id}_{self.step.name}", **own}

    def filled(self, text: str) -> str:
        return unescape(str(put(str(put(text, "inputs", self.places())), "outputs", self.outputs)))

    def places(self) -> dict[str, str]:
        """Where the inputs are."""
        return {name: source.path for name, source in self.inputs.items()}

    def is_light(self) -> bool:
        """Whether the step is a script for this interpreter, which needs nothing that takes time to come up."""
        return isinstance(self.step, ScriptStep) and not _needs_interpreter(self.step)

    def hand_over(self) -> Path:
        """Write it down for other processes of the attempt; returns the folder for what these share."""
        folder = Path(self.attempt)
        folder.mkdir()
        (folder / WORK).write_bytes(msgspec.json.encode(self))
        return folder

    def task(self) -> dict[str, Any]:
        """What a spare is told: see `child`."""
        task: dict[str, Any] = {"attempt": self.attempt, "variables": self.variables()}
        if self.is_light():
            assert isinstance(self.step, ScriptStep)
            return task | {"script": script_in_snapshot(self.step), "arguments": self.arguments()}
        return task | {"work": msgspec.json.encode(self)}


class Result(Struct, omit_defaults=True):
    """How an attempt ended. `details` is the user's own part of a traceback."""

    ok: bool
    error: str | None = None
    details: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def write_result(attempt: str, result: Result) -> None:
    place.write(attempt, place.ENDED, msgspec.json.encode(result))


def read_result(attempt: str) -> Result | None:
    try:
        return msgspec.json.decode(place.read(attempt, place.ENDED) or b"", type=Result)
    except msgspec.DecodeError:
        return None


def outcome(content: bytes, folder: int) -> bytes:
    """Do the work in this process, in the attempt's own folder; returns the result as JSON.

    `folder` is the descriptor that holds it, and tells that the step lives.
    """
    work = msgspec.json.decode(content, type=Work)
    here = os.getcwd()
    try:
        return msgspec.json.encode(Result(True, facts=_do(work, folder)))
    except MlopsError as error:
        sys.stderr.write(f"{error.message}\n")
        return child.failure(error.message, error.details)
    except SystemExit as leaving:
        return child.left(leaving)
    except BaseException as error:  # noqa: BLE001 - a user's script may raise anything
        return child.raised(error, here)


def _do(work: Work, folder: int) -> dict[str, Any]:
    match work.step:
        case AutoMLStep():
            _exec_automl(work, folder)
        case BatchStep():
            from mlops_cli.engine.pipelines.batch import run_batch

            return run_batch(work)
        case ScriptStep() as step:
            script = str(Path.cwd() / script_in_snapshot(step))
            _call([step.environment.python or sys.executable, script, *work.arguments()])
    return {}


def _needs_interpreter(step: ScriptStep) -> bool:
    """Whether the step asks for what only a new interpreter can have."""
    environment = step.environment
    return environment.python is not None or any(n.startswith("PYTHON") for n in environment.variables)


def _exec_automl(work: Work, folder: int) -> NoReturn:
    """Become an interpreter of its own, as the AutoML run's other processes are."""
    work.hand_over()
    os.set_inheritable(folder, True)
    os.execv(sys.executable, [sys.executable, "-m", "mlops_cli.engine.pipelines.automl", work.attempt])  # noqa: S606


def _call(command: list[str]) -> None:
    # The program is told to end by the same signal; this process outlives it to write the result.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        done = subprocess.run(command, check=False)
    except OSError as error:
        message = f"cannot run {command[0]}: {error.strerror}"
        raise WorkFailedError(message, hint="correct environment.python") from error
    if done.returncode < 0:
        raise WorkFailedError(f"ended by signal {signal_name(-done.returncode)}")
    if done.returncode > 0:
        raise WorkFailedError(f"the script ended with exit code {done.returncode}")

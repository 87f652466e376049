"""What the process of a step does: its script, AutoML or mini-batches, and a result that outlives it."""

import atexit
import contextlib
import os
import runpy
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

import msgspec
from msgspec import Struct, field

from mlops_cli.domain.pipelines import AutoMLStep, BatchStep, ScriptStep, Step
from mlops_cli.domain.references import put, unescape
from mlops_cli.engine.pipelines.planning import Source, script_in_snapshot
from mlops_cli.errors import MlopsError, WorkFailedError

RESULT = "result.json"
WORK = "work.json"
MOST_DETAILS = 30


class Work(Struct):
    """One attempt of a step. `folder` holds work/, outputs/ and, at the end, result.json."""

    home: str
    run_id: str
    pipeline: str
    experiment: str
    step: Step
    folder: str
    inputs: dict[str, Source]
    outputs: dict[str, str]
    code: str | None = None

    def arguments(self) -> list[str]:
        """The step's arguments with the places of its inputs and outputs."""
        assert isinstance(self.step, ScriptStep | BatchStep)
        return [self.filled(text) for text in self.step.arguments]

    def variables(self) -> dict[str, str]:
        own = {name: self.filled(text) for name, text in self.step.environment.variables.items()}
        return {"AZUREML_RUN_ID": f"{self.run_id}_{self.step.name}", **own}

    def filled(self, text: str) -> str:
        places = {name: source.path for name, source in self.inputs.items()}
        return unescape(str(put(str(put(text, "inputs", places)), "outputs", self.outputs)))


class Result(Struct, omit_defaults=True):
    """How an attempt ended. `details` is the user's own part of a traceback."""

    ok: bool
    error: str | None = None
    details: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


def become(work: Work, log: int, kept: int) -> NoReturn:
    """Turn this forked process into the step. `kept` is the descriptor that tells that the step lives."""
    status = 1
    try:
        _detach(log, kept)
        if isinstance(work.step, AutoMLStep):
            _exec_automl(work, kept)
        result = _outcome(work)
        write_result(Path(work.folder), result)
        status = 0 if result.ok else 1
    except BaseException:  # noqa: BLE001 - nothing may climb into the runner's own frames
        traceback.print_exc()
    finally:
        _leave(status)


def write_result(folder: Path, result: Result) -> None:
    draft = folder / f".{RESULT}"
    draft.write_bytes(msgspec.json.encode(result))
    draft.replace(folder / RESULT)


def read_result(folder: Path) -> Result | None:
    try:
        return msgspec.json.decode((folder / RESULT).read_bytes(), type=Result)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _detach(log: int, kept: int) -> None:
    """A session of its own, the step's log in place of the streams, and none of the runner's files."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    atexit._clear()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, kept)
    os.closerange(kept + 1, max(kept + 1, 4096))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _outcome(work: Work) -> Result:
    os.environ.update(work.variables())
    os.chdir(Path(work.folder) / "work")
    try:
        return Result(True, facts=_do(work))
    except MlopsError as error:
        sys.stderr.write(f"{error.message}\n")
        return Result(False, error.message, error.details)
    except SystemExit as leaving:
        return _left(leaving)
    except BaseException as error:  # noqa: BLE001 - a user's script may raise anything
        lines = user_traceback(error, os.getcwd())
        sys.stderr.write("".join(lines))
        details = "".join(lines).splitlines()[-MOST_DETAILS:]
        return Result(False, f"{type(error).__name__}: {error}", details)


def _left(leaving: SystemExit) -> Result:
    if leaving.code in (None, 0):
        return Result(True)
    if isinstance(leaving.code, int):
        return Result(False, f"the script ended with exit code {leaving.code}")
    sys.stderr.write(f"{leaving.code}\n")
    return Result(False, str(leaving.code))


def _do(work: Work) -> dict[str, Any]:
    match work.step:
        case ScriptStep() as step if _needs_interpreter(step):
            _call([step.environment.python or sys.executable, *_script_line(work)])
        case ScriptStep():
            run_script(*_script_line(work))
        case BatchStep():
            from mlops_cli.engine.pipelines.batch import run_batch

            return run_batch(work)
    return {}


def _needs_interpreter(step: ScriptStep) -> bool:
    """Whether the step asks for what only a new interpreter can have."""
    environment = step.environment
    return environment.python is not None or any(n.startswith("PYTHON") for n in environment.variables)


def _script_line(work: Work) -> list[str]:
    assert isinstance(work.step, ScriptStep)
    return [str(Path.cwd() / script_in_snapshot(work.step)), *work.arguments()]


def run_script(path: str, *arguments: str) -> None:
    """Run a script as `python PATH ARGUMENTS` would, in this process."""
    sys.argv = [path, *arguments]
    sys.path[0] = str(Path(path).parent)
    runpy.run_path(path, run_name="__main__")


def _exec_automl(work: Work, kept: int) -> None:
    """Become an interpreter of its own: a fork must not use the runner's connection to the store."""
    (Path(work.folder) / WORK).write_bytes(msgspec.json.encode(work))
    os.environ.update(work.variables())
    os.chdir(Path(work.folder) / "work")
    os.set_inheritable(kept, True)
    os.execv(sys.executable, [sys.executable, "-m", "mlops_cli.engine.pipelines.automl", work.folder])  # noqa: S606


def _call(command: list[str]) -> None:
    # The program is told to end by the same signal; this process outlives it to write the result.
    signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        done = subprocess.run(command, check=False)
    except OSError as error:
        message = f"cannot run {command[0]}: {error.strerror}"
        raise WorkFailedError(message, hint="correct environment.python") from error
    if done.returncode < 0:
        raise WorkFailedError(f"ended by signal {signal.Signals(-done.returncode).name}")
    if done.returncode > 0:
        raise WorkFailedError(f"the script ended with exit code {done.returncode}")


def user_traceback(error: BaseException, folder: str) -> list[str]:
    """The traceback from the first frame of a file in `folder` on."""
    trace = error.__traceback__
    while trace and not trace.tb_frame.f_code.co_filename.startswith(folder):
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace or error.__traceback__)
    return [line.replace(f"{folder}/", "") for line in lines]


def _leave(status: int) -> NoReturn:
    """End as an interpreter does: threads, exit handlers, streams; but free nothing of the runner's."""
    with contextlib.suppress(BaseException):
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(status)

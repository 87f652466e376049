"""A worker of a ParallelRunStep: the user's entry script, in a process of its own. Beside it as amlbi_worker.py.

`python amlbi_worker.py DESCRIPTOR NUMBER ARGUMENTS` takes (index, mini-batch) from the descriptor and answers
(index, results, error); an index of None is a failed init(), results of None tell that run() begins. Imports
nothing of ours.
"""

import importlib
import importlib.util
import inspect
import os
import sys
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import amlbi_logs as logs
from amlbi_batches import Context, parsed


class Results(NamedTuple):
    """What append_row writes, a line per item unless values have line breaks in them."""

    text: str = ""
    items: int = 0


def results_of(said: Any) -> Results:
    """A row of a data frame is its values apart by blanks. Raises TypeError for what is no list of results."""
    if hasattr(said, "to_csv"):
        return Results(said.to_csv(sep=" ", header=False, index=False), len(said))
    if isinstance(said, str | bytes):
        raise TypeError(f"run() returned {type(said).__name__}; it is to return a DataFrame or a list")
    lines = [f"{item}\n" for item in said]
    return Results("".join(lines), len(lines))


class EntryScript:
    """What the script gets as `azureml_user.parallel_run.EntryScript()`.

    Files in `log_dir` are kept with the run, those in `output_dir` are the step's output beside what run() returns;
    `agent_name` is that of one process, to write a file of its own.
    """

    logger = logs.LOGGER
    working_dir = str(Path.cwd())
    log_dir = str(logs.OWN)
    output_dir = os.environ.get("AZUREML_BI_OUTPUT_PATH")
    agent_name = f"process{int(sys.argv[2]):03}"


def loaded(name: str) -> ModuleType:
    """The entry script as a module."""
    offered = ModuleType("azureml_user.parallel_run")
    offered.EntryScript = EntryScript  # type: ignore[attr-defined]
    sys.modules |= {"azureml_user": ModuleType("azureml_user"), offered.__name__: offered}
    if not Path("entry_script.py").exists():
        sys.modules["entry_script"] = offered  # as it was called at first
    spec = importlib.util.spec_from_file_location(Path(name).stem, name)
    assert spec is not None, f"{name} is no Python file"
    assert spec.loader is not None, f"{name} is no Python file"
    script = importlib.util.module_from_spec(spec)
    sys.modules[Path(name).stem] = script
    spec.loader.exec_module(script)
    return script


def called(script: ModuleType, name: str) -> None:
    if hasattr(script, name):
        getattr(script, name)()


def failure(error: Exception) -> str:
    """What was raised, in a line; all of it goes to the logs."""
    traceback.print_exc()
    logs.traced(EntryScript.agent_name, traceback.format_exc())
    return f"{type(error).__name__}: {error}".removesuffix(": ")


def answer(script: ModuleType, index: int, batch: Any) -> tuple[int, Results, str | None]:
    """What run() says to a mini-batch."""
    context = [Context(batch, index)] if len(inspect.signature(script.run).parameters) > 1 else []
    started, begun, used = time.time(), time.perf_counter(), time.process_time()
    results, error, ran = Results(), None, begun
    try:
        said = script.run(batch.content, *context)
        ran = time.perf_counter()
        results = results_of(said)
    except Exception as raised:  # noqa: BLE001 - a user's script may raise anything
        error, ran = failure(raised), time.perf_counter()
    seconds = (time.perf_counter() - begun, time.process_time() - used, ran - begun)
    done = logs.Done(index, EntryScript.agent_name, len(batch.content), results.items, error)
    logs.report(done, started, seconds)
    return index, results, error


def serve(connection: Any, script: ModuleType) -> None:
    """Answer for mini-batches until there are no more."""
    while True:
        try:
            index, batch = connection.recv()
        except EOFError:
            called(script, "shutdown")
            return
        connection.send((index, None, None))
        index, results, error = answer(script, index, batch)
        connection.send((index, tuple(results), error))


def profiled(name: str | None, connection: Any, script: ModuleType) -> None:
    if not name:
        serve(connection, script)
        return
    profile = importlib.import_module(name).Profile()
    try:
        profile.runcall(serve, connection, script)
    finally:
        profile.dump_stats(logs.profile_of(EntryScript.agent_name))


def work(descriptor: int, arguments: list[str]) -> None:
    connection: Any = Connection(descriptor)
    own = parsed(arguments)
    logs.keep(EntryScript.agent_name, own.logging_level)
    sys.argv = [own.scoring_module_name, *arguments]
    sys.path[0] = str(Path.cwd())
    try:
        script = loaded(own.scoring_module_name)
        _ = script.run  # a script without one has failed before it has begun
        called(script, "init")
    except Exception as error:  # noqa: BLE001 - the same
        connection.send((None, None, failure(error)))
        return
    profiled(own.profiling_module, connection, script)


if __name__ == "__main__":
    work(int(sys.argv[1]), sys.argv[3:])

"""A worker of a ParallelRunStep: the user's entry script, in a process of its own. Beside it as amlbi_worker.py.

`python amlbi_worker.py DESCRIPTOR NUMBER ARGUMENTS` takes (index, mini-batch) from the descriptor and answers
(index, lines, error); an index of None is a failed init(). Imports nothing of ours.
"""

import importlib.util
import inspect
import os
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import amlbi_logs as logs
from amlbi_batches import Context, parsed


def lines_of(result: Any) -> list[str]:
    """One line per item: a row of a data frame as its values apart by blanks."""
    if hasattr(result, "to_csv"):
        return result.to_csv(sep=" ", header=False, index=False).splitlines()
    return [str(item) for item in result]


class EntryScript:
    """What the script gets as `azureml_user.parallel_run.EntryScript()`.

    Files in `log_dir` are kept with the run, those in `output_dir` are the step's output beside what run() returns;
    `agent_name` is that of one process, to write a file of its own.
    """

    logger = logs.LOGGER
    working_dir = str(Path.cwd())
    log_dir = str(logs.LOGS / "user")
    output_dir = os.environ.get("AZUREML_BI_OUTPUT_PATH")
    agent_name = f"process{int(sys.argv[2]):03}"


def loaded(name: str) -> ModuleType:
    """The entry script as a module."""
    offered = ModuleType("azureml_user.parallel_run")
    offered.EntryScript = EntryScript  # type: ignore[attr-defined]
    sys.modules |= {"azureml_user": ModuleType("azureml_user"), offered.__name__: offered}
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


def work(descriptor: int, arguments: list[str]) -> None:
    connection: Any = Connection(descriptor)
    own = parsed(arguments)
    logs.keep(EntryScript.agent_name, own.logging_level)
    name = own.scoring_module_name
    sys.argv = [name, *arguments]
    sys.path[0] = str(Path.cwd())
    try:
        script = loaded(name)
        told = len(inspect.signature(script.run).parameters) > 1
        called(script, "init")
    except Exception as error:  # noqa: BLE001 - a user's script may raise anything
        traceback.print_exc()
        connection.send((None, [], f"{type(error).__name__}: {error}"))
        return
    while True:
        try:
            index, batch = connection.recv()
        except EOFError:
            called(script, "shutdown")
            return
        try:
            extra = [Context(batch, index)] if told else []
            connection.send((index, lines_of(script.run(batch.content, *extra)), None))
        except Exception as error:  # noqa: BLE001 - the same
            traceback.print_exc()
            connection.send((index, [], f"{type(error).__name__}: {error}"))


if __name__ == "__main__":
    work(int(sys.argv[1]), sys.argv[3:])

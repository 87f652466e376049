"""The place of an attempt, made by the process that will run there: log, a copy of the code, folder of outputs.

Only the standard library is imported here, and little of it. An attempt is named by what the names of its files
begin with (see `layout`), what it writes down is read by `records`; `task` is as in `child`.
"""

import fcntl
import os
from typing import Any


def records_of(attempt: str) -> str:
    """The file that the attempt's run has for the records of all."""
    return f"{attempt.rpartition('/')[0]}/records"


def work_of(attempt: str) -> str:
    """The folder it runs in."""
    return f"{attempt}.work"


def outputs_of(attempt: str) -> str:
    """The folder it writes its outputs to."""
    return f"{attempt}.outputs"


def enter(attempt: str, lock: bytes) -> int:
    """Hold the attempt by its lock; returns a descriptor, which holds it as long as this process lives.

    Waits for a process that was killed there, or that ends as its turn will not come.
    """
    try:
        records = os.open(records_of(attempt), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    except FileNotFoundError:
        os.makedirs(attempt.rpartition("/")[0], exist_ok=True)
        return enter(attempt, lock)
    fcntl.fcntl(records, fcntl.F_OFD_SETLKW, lock)
    _note(records, attempt, b"%d" % os.getpid())
    return records


def _note(records: int, attempt: str, content: bytes) -> None:
    os.write(records, b"\n%s %s" % (attempt.rpartition("/")[2].encode(), content))


def leave(attempt: str) -> None:
    """Remove a place that is held and where nothing has run; last of all the folder by which it is seen."""
    import shutil

    for folder in (attempt, outputs_of(attempt), work_of(attempt)):
        shutil.rmtree(folder, ignore_errors=True)


def take_output(log: str) -> None:
    """The step's log in place of the streams."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def furnish(task: dict[str, Any]) -> None:
    """Go to a copy of the code, so that no step sees what another has written beside it."""
    work = work_of(task["attempt"])
    if not (task["copy"] and _take(task["copy"], work)):
        _make(task, work)
    if task["outputs"]:
        os.mkdir(outputs_of(task["attempt"]))
    os.chdir(work)


def _take(copy: str, work: str) -> bool:
    try:
        os.rename(copy, work)
    except OSError:
        return False
    return True


def _make(task: dict[str, Any], work: str) -> None:
    try:
        os.mkdir(work)
    except FileExistsError:
        leave(task["attempt"])
        os.mkdir(work)
    for name in task["folders"]:
        os.mkdir(f"{work}/{name}")
    for name in task["files"]:
        _copy(f"{task['code']}/{name}", f"{work}/{name}")


def _copy(source: str, target: str) -> None:
    reading = os.open(source, os.O_RDONLY)
    writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, os.fstat(reading).st_mode)
    while os.sendfile(writing, reading, None, 1 << 30):
        pass
    os.close(reading)
    os.close(writing)


def write_result(attempt: str, result: bytes) -> None:
    """It outlives the process, and the runner that waits for it. A script may have closed every descriptor."""
    records = os.open(records_of(attempt), os.O_WRONLY | os.O_APPEND)
    _note(records, attempt, result)
    os.close(records)

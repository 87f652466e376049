"""The place of an attempt, made by the process that will run there: record, log, a copy of the code.

Only the standard library is imported here, and little of it. An attempt is named by what the names of its files
begin with (see `layout`); `task` is as in `child`.
"""

import fcntl
import os
from typing import Any


def record_of(attempt: str) -> str:
    """The file that is held as long as the attempt lives: its process id, and at the end its result as JSON."""
    return f"{attempt}.record"


def work_of(attempt: str) -> str:
    """The folder it runs in."""
    return f"{attempt}.work"


def outputs_of(attempt: str) -> str:
    """The folder it writes its outputs to."""
    return f"{attempt}.outputs"


def enter(attempt: str) -> int:
    """Hold the attempt's record; returns its descriptor, which holds it as long as this process lives."""
    try:
        record = os.open(record_of(attempt), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        fcntl.flock(record, fcntl.LOCK_EX)
    except FileNotFoundError:
        os.makedirs(attempt.rpartition("/")[0], exist_ok=True)
        return enter(attempt)
    except FileExistsError:
        _outlive(attempt)
        return enter(attempt)
    os.write(record, str(os.getpid()).encode())
    return record


def _outlive(attempt: str) -> None:
    """Remove the place of a process that was killed there, or that ends as its turn will not come."""
    try:
        record = os.open(record_of(attempt), os.O_WRONLY)
    except FileNotFoundError:
        return
    fcntl.flock(record, fcntl.LOCK_EX)
    leave(attempt)
    os.close(record)


def leave(attempt: str) -> None:
    """Remove a place where nothing has run; the record, by which others find it, at last."""
    import shutil

    for folder in (attempt, work_of(attempt), outputs_of(attempt)):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        os.unlink(record_of(attempt))
    except FileNotFoundError:
        return


def take_output(log: str) -> None:
    """The step's log in place of the streams."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)


def furnish(task: dict[str, Any]) -> None:
    """Copy the code, so that no step sees what another has written beside it, and go there."""
    work = work_of(task["attempt"])
    os.mkdir(work)
    if task["outputs"]:
        os.mkdir(outputs_of(task["attempt"]))
    for name in task["folders"]:
        os.mkdir(f"{work}/{name}")
    for name in task["files"]:
        _copy(f"{task['code']}/{name}", f"{work}/{name}")
    os.chdir(work)


def _copy(source: str, target: str) -> None:
    reading = os.open(source, os.O_RDONLY)
    writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, os.fstat(reading).st_mode)
    while os.sendfile(writing, reading, None, 1 << 30):
        pass
    os.close(reading)
    os.close(writing)


def write_result(attempt: str, result: bytes) -> None:
    """It outlives the process, and the runner that waits for it. A script may have closed every descriptor."""
    record = os.open(record_of(attempt), os.O_WRONLY | os.O_APPEND)
    os.write(record, b"\n" + result)
    os.close(record)

"""The place of an attempt, made by the process that will run there: its folder, log, a copy of the code.

Only the standard library is imported here, and little of it. An attempt is named by what the names of its files
begin with (see `layout`); `task` is as in `child`.
"""

import fcntl
import os
import select
from typing import Any

BEGAN, ENDED = "began", "ended"
"""What the record knows of an attempt: the id of its process, and its result as JSON."""
NOBODY = select.POLLERR | select.POLLHUP


def record_of(attempt: str) -> str:
    """The file where all attempts of the run write down that they have begun and ended, a line each."""
    return f"{attempt.rpartition('/')[0]}/attempts"


def work_of(attempt: str) -> str:
    """The folder it runs in, held as long as it lives."""
    return f"{attempt}.work"


def outputs_of(attempt: str) -> str:
    """The folder it writes its outputs to."""
    return f"{attempt}.outputs"


def enter(attempt: str, maker: int) -> int | None:
    """Make the attempt's folder; returns its descriptor, which holds it as long as this process lives.

    None when the maker, who reads the pipe `maker`, is gone: then another process may have been given the step.
    """
    try:
        os.mkdir(work_of(attempt))
        folder = os.open(work_of(attempt), os.O_RDONLY)
    except FileNotFoundError:
        os.makedirs(attempt.rpartition("/")[0], exist_ok=True)
        return enter(attempt, maker)
    except FileExistsError:
        return enter(attempt, maker) if _outlive(attempt, maker) else None
    fcntl.flock(folder, fcntl.LOCK_EX)
    if is_alone(maker):  # asked once the folder is held: whoever comes later sees that it is
        return None
    write(attempt, BEGAN, str(os.getpid()).encode())
    return folder


def _outlive(attempt: str, maker: int) -> bool:
    """Remove the place of a process that was killed there, or that ends as its turn will not come.

    False when the maker is gone: then it may be the place of one that has done the work.
    """
    try:
        folder = os.open(work_of(attempt), os.O_RDONLY)
    except FileNotFoundError:
        return True
    fcntl.flock(folder, fcntl.LOCK_EX)
    if is_alone(maker):
        return False
    leave(attempt)
    os.close(folder)
    return True


def is_alone(maker: int) -> bool:
    """Whether nobody reads the pipe any more."""
    poll = select.poll()
    poll.register(maker, 0)
    return any(event & NOBODY for _, event in poll.poll(0))


def is_held(attempt: str) -> bool:
    """Whether the attempt's process lives."""
    try:
        folder = os.open(work_of(attempt), os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(folder)
    return False


def leave(attempt: str) -> None:
    """Remove a place where nothing has run; the folder that is held, by which others find it, at last."""
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
    """Copy the code, so that no step sees what another has written beside it, and go there."""
    work = work_of(task["attempt"])
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


def write(attempt: str, what: str, content: bytes) -> None:
    """Add to the record. It outlives the process, and the runner that waits for it.

    A script may have closed every descriptor, and a full disk may have cut off the line before.
    """
    record = os.open(record_of(attempt), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(record, _beginning(attempt, what) + content)
    os.close(record)


def read(attempt: str, what: str) -> bytes | None:
    """What the attempt has added last."""
    try:
        with open(record_of(attempt), "rb") as record:
            _, found, rest = record.read().rpartition(_beginning(attempt, what))
    except FileNotFoundError:
        return None
    return rest.partition(b"\n")[0] if found else None


def _beginning(attempt: str, what: str) -> bytes:
    return f"\n{attempt.rpartition('/')[2]} {what} ".encode()

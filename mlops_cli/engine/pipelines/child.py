"""What a spare does with its task: it becomes the process of a step.

For a script nothing is imported but what the script imports. A task has `folder` (of the attempt), `outputs`
(whether it has any), `log`, `code` (the snapshot, with its `folders` and `files`), `variables`, and either
`script` with `arguments` or `work`.
"""

import atexit
import fcntl
import os
import select
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NoReturn

RECORD = "record"
"""Of an attempt, held as long as it lives: its process id, and at the end a line with its result as JSON."""
DONE = b'{"ok":true}'
MOST_DETAILS = 30
NOBODY = select.POLLERR | select.POLLHUP


def become(task: dict[str, Any], maker: int, tell: Callable[[], object]) -> NoReturn:
    """Do the task, write down how it ended, tell the maker, end. `maker` is a pipe that the maker reads."""
    status = 1
    try:
        record = enter(task)
        if is_alone(maker):
            os._exit(1)
        take_output(task["log"])
        result = outcome(task, record)
        leave()
        write_result(task["folder"], result)
        status = 0 if result == DONE else 1
        tell()
    except BaseException:  # noqa: BLE001 - nothing may climb into the nursery's own frames
        sys.excepthook(*sys.exc_info())
    finally:
        flush()
        os._exit(status)


def enter(task: dict[str, Any]) -> int:
    """Make the attempt's folder; returns its record, held as long as this process lives."""
    folder = task["folder"]
    try:
        os.mkdir(folder)
    except FileNotFoundError:
        os.makedirs(folder)
    except FileExistsError:
        import shutil

        shutil.rmtree(folder)
        os.mkdir(folder)
    record = os.open(f"{folder}/{RECORD}", os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(record, fcntl.LOCK_EX)
    os.write(record, str(os.getpid()).encode())
    return record


def is_alone(maker: int) -> bool:
    """Whether the maker is gone: then another one may already have given the step to another process.

    Asked once the record is held: whoever comes later sees that it is.
    """
    poll = select.poll()
    poll.register(maker, 0)
    return any(event & NOBODY for _, event in poll.poll(0))


def take_output(log: str) -> None:
    """The step's log in place of the streams."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def outcome(task: dict[str, Any], record: int) -> bytes:
    """The result as JSON."""
    prepare(task)
    for name, value in task["variables"].items():
        os.environ[name] = value
    os.chdir(f"{task['folder']}/work")
    if "work" in task:
        from mlops_cli.engine.pipelines import work

        return work.outcome(task["work"], record)
    try:
        run_script(f"{os.getcwd()}/{task['script']}", task["arguments"])
    except SystemExit as leaving:
        return left(leaving)
    except BaseException as error:  # noqa: BLE001 - a user's script may raise anything
        return raised(error)
    return DONE


def prepare(task: dict[str, Any]) -> None:
    """Copy the code, so that no step sees what another has written beside it."""
    work = f"{task['folder']}/work"
    os.mkdir(work)
    if task["outputs"]:
        os.mkdir(f"{task['folder']}/outputs")
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


def run_script(path: str, arguments: list[str]) -> None:
    """Run a script as `python PATH ARGUMENTS` would, in this process."""
    sys.argv = [path, *arguments]
    sys.path[0] = path.rpartition("/")[0]
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __cached__=None, __builtins__=sys.modules["builtins"])
    sys.modules["__main__"] = main
    exec(compile(_content(path), path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102


def _content(path: str) -> bytes:
    reading = os.open(path, os.O_RDONLY)
    parts = iter(lambda: os.read(reading, 65536), b"")
    content = b"".join(parts)
    os.close(reading)
    return content


def rehearse() -> None:
    """What every script takes, done ahead of need: by the nursery, so that nothing is left to be made in each fork
    (the first compile() makes some hundred types), and by the fork, whose memory becomes its own page by page.
    """
    run_script(os.devnull, [])
    os.environ["PATH"] = os.environ.get("PATH", os.defpath)
    is_alone(1)


def left(leaving: SystemExit) -> bytes:
    if leaving.code in (None, 0):
        return DONE
    if isinstance(leaving.code, int):
        return failure(f"the script ended with exit code {leaving.code}")
    sys.stderr.write(f"{leaving.code}\n")
    return failure(str(leaving.code))


def raised(error: BaseException) -> bytes:
    lines = user_traceback(error, os.getcwd())
    sys.stderr.write("".join(lines))
    return failure(f"{type(error).__name__}: {error}", "".join(lines).splitlines()[-MOST_DETAILS:])


def failure(error: str, details: list[str] | None = None) -> bytes:
    import json

    return json.dumps({"ok": False, "error": error, "details": details or []}).encode()


def user_traceback(error: BaseException, folder: str) -> list[str]:
    """The traceback from the first frame of a file in `folder` on."""
    import traceback

    trace = error.__traceback__
    while trace and not trace.tb_frame.f_code.co_filename.startswith(folder):
        trace = trace.tb_next
    if trace is None and isinstance(error, SyntaxError):  # none of its lines has run
        lines = traceback.format_exception_only(error)
    else:
        lines = traceback.format_exception(type(error), error, trace or error.__traceback__)
    return [line.replace(f"{folder}/", "") for line in lines]


def write_result(folder: str, result: bytes) -> None:
    """It outlives the process, and the runner that waits for it. A script may have closed every descriptor."""
    record = os.open(f"{folder}/{RECORD}", os.O_WRONLY | os.O_APPEND)
    os.write(record, b"\n" + result)
    os.close(record)


def leave() -> None:
    """What an interpreter does at its end: wait for threads, call exit handlers, write out the streams."""
    try:
        if threading := sys.modules.get("threading"):
            threading._shutdown()
        atexit._run_exitfuncs()
    except BaseException:  # noqa: BLE001 - the work is done
        sys.excepthook(*sys.exc_info())
    flush()


def flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # noqa: BLE001, S112 - a closed stream has nothing to write
            continue

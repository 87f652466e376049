"""A user's script in this process, as `python SCRIPT ARGUMENTS` would run it.

Only the standard library is imported here, and little of it.
"""

import atexit
import marshal
import os
import sys
from types import CodeType, ModuleType

MOST_DETAILS = 30
"""Lines of a traceback that are kept."""


def run(path: str, arguments: list[str], compiled: bytes | None = None) -> None:
    """`compiled` is the script's code, marshalled, when it is known already."""
    sys.argv = [path, *arguments]
    sys.path[0] = path.rpartition("/")[0]
    main = ModuleType("__main__")
    main.__dict__.update(__file__=path, __cached__=None, __builtins__=sys.modules["builtins"])
    sys.modules["__main__"] = main
    if compiled:
        code = _placed(marshal.loads(compiled), path)  # noqa: S302
    else:
        code = compile(_content(path), path, "exec", dont_inherit=True)
    exec(code, main.__dict__)  # noqa: S102


def _placed(code: CodeType, path: str) -> CodeType:
    """As if it had been compiled from the file at `path`."""
    constants = tuple([_placed(one, path) if isinstance(one, CodeType) else one for one in code.co_consts])
    return code.replace(co_filename=path, co_consts=constants)


def _content(path: str) -> bytes:
    reading = os.open(path, os.O_RDONLY)
    size = os.fstat(reading).st_size
    content = os.read(reading, size)
    while len(content) < size and (more := os.read(reading, size)):
        content += more
    os.close(reading)
    return content


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


def named(error: BaseException) -> str:
    """The kind of the error and what it says, if it does."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - the class is the user's
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


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

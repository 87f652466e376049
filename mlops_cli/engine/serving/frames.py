"""A traceback reduced to the user's own code."""

import linecache
import sysconfig
import traceback
from pathlib import Path

from mlops_cli.engine.serving.spec import Frame

_OWN = str(Path(__file__).parents[2])
_FOREIGN = (
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    _OWN,
    "<",
)


def user_frames(error: BaseException) -> list[Frame]:
    """The frames of `error` outside the standard library, installed packages and mlops, outermost first."""
    frames = [
        Frame(item.filename, item.lineno or 0, item.name, (item.line or "").strip())
        for item in traceback.extract_tb(error.__traceback__)
        if not item.filename.startswith(_FOREIGN)
    ]
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith(_FOREIGN):
        line = error.lineno or 0
        frames.append(
            Frame(error.filename, line, "<module>", linecache.getline(error.filename, line).strip())
        )
    return frames


def whole_traceback(error: BaseException) -> str:
    """The traceback as Python writes it, from where mlops calls what is not its own."""
    start = error.__traceback__
    while start and start.tb_next and start.tb_frame.f_code.co_filename.startswith(_OWN):
        start = start.tb_next
    return "".join(traceback.format_exception(type(error), error, start)).rstrip()


def summary(error: BaseException) -> str:
    """One line: the kind of error and what it says."""
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def where(frames: list[Frame]) -> str:
    """`score.py, line 7: model = load()` for the innermost frame; empty when there is none."""
    if not frames:
        return ""
    last = frames[-1]
    return f"{Path(last.file).name}, line {last.line}: {last.source}"

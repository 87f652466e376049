"""The process that runs an entry script: `python -m mlops_cli.engine.pipelines.batch_worker FOLDER IN OUT`.

It reads one task a line from the descriptor IN and answers each with one line on OUT; what the script prints
goes to the step's log. It ends when IN does.
"""

import importlib.util
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
from msgspec import Struct, field

from mlops_cli.engine.pipelines import minibatches
from mlops_cli.engine.pipelines.minibatches import Cut
from mlops_cli.engine.pipelines.planning import script_in_snapshot
from mlops_cli.engine.pipelines.script import MOST_DETAILS, named, user_traceback
from mlops_cli.engine.pipelines.work import WORK, Work
from mlops_cli.errors import WorkFailedError

CUT = "cut.json"


class Answer(Struct, omit_defaults=True):
    """What came of one mini-batch, or of init() (no `index`). `lines` is what append_row writes.

    `returned` counts the results; `missing` are items that have none, as far as that can be told.
    """

    index: int | None = None
    error: str | None = None
    details: list[str] = field(default_factory=list)
    lines: str = ""
    returned: int = 0
    missing: list[int] = field(default_factory=list)


def main(folder: Path, source: int, target: int) -> None:
    work = msgspec.json.decode((folder / WORK).read_bytes(), type=Work)
    cut = msgspec.json.decode((folder / CUT).read_bytes(), type=Cut)
    answers = os.fdopen(target, "wb", buffering=0)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]

    def answer(said: Answer) -> None:
        answers.write(msgspec.json.encode(said) + b"\n")

    try:
        script = _script(work)
        getattr(script, "init", lambda: None)()
        # Imports what reading takes, so that the time of a mini-batch is that of run().
        minibatches.load(cut, 0, 1)
    except BaseException as error:  # noqa: BLE001 - a user's script may raise anything
        return answer(_failure(None, error))
    answer(Answer())
    with os.fdopen(source, "rb") as tasks:
        for line in tasks:
            answer(_done(cut, script, *msgspec.json.decode(line, type=tuple[int, int, int])))
    return None


def _script(work: Work) -> ModuleType:
    path = Path.cwd() / script_in_snapshot(work.step)  # type: ignore[arg-type]
    sys.argv = [str(path), *work.arguments()]
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("entry_script", path)
    assert spec is not None
    assert spec.loader is not None
    script = sys.modules["entry_script"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    if not callable(getattr(script, "run", None)):
        raise WorkFailedError(f"{path.name} has no function run(mini_batch)")
    return script


def _done(cut: Cut, script: ModuleType, index: int, start: int, stop: int) -> Answer:
    try:
        lines, returned, indexes = _lines(script.run(minibatches.load(cut, start, stop)))
        return Answer(index, lines=lines, returned=returned, missing=_missing(indexes, start, stop))
    except BaseException as error:  # noqa: BLE001 - a user's script may raise anything
        return _failure(index, error)


def _lines(result: Any) -> tuple[str, int, list[Any] | None]:
    """The results as lines (Azure's form, blanks between values), how many, and the rows they are of if told."""
    if hasattr(result, "to_csv"):
        frame = result.to_frame() if hasattr(result, "to_frame") else result
        return frame.to_csv(sep=" ", header=False, index=False), len(result), list(result.index)
    if not hasattr(result, "__iter__") or isinstance(result, str | bytes):
        kind = type(result).__name__
        raise WorkFailedError(f"run() returned {kind}; it is to return a DataFrame or a list")
    lines = [f"{line}\n" for line in result]
    return "".join(lines), len(lines), None


def _missing(indexes: list[Any] | None, start: int, stop: int) -> list[int]:
    if indexes is None or not set(indexes) < set(range(start, stop)):
        return []
    return sorted(set(range(start, stop)) - set(indexes))


def _failure(index: int | None, error: BaseException) -> Answer:
    if isinstance(error, WorkFailedError):
        sys.stderr.write(f"{error}\n")
        return Answer(index, error=str(error))
    lines = user_traceback(error, str(Path.cwd()))
    sys.stderr.write("".join(lines))
    text = f"{'init() failed: ' if index is None else ''}{named(error)}"
    return Answer(index, error=text, details="".join(lines).splitlines()[-MOST_DETAILS:])


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    except Exception:
        traceback.print_exc()
        raise

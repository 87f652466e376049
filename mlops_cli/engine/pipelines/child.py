"""What a spare does with its task: it becomes the process of a step.

For a script nothing is imported but what the script imports. A task has `attempt` (see `place`), `outputs` (whether
it has any), `log`, `code` (the snapshot, with its `folders` and `files`), `variables`, `ahead` (whether
the step's turn is still to come), and either `script` with `arguments` and its `compiled` code, or `work`.
"""

import marshal
import os
import select
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from mlops_cli.engine.pipelines import place, script

RUN_ID = "AZUREML_RUN_ID"
"""The variable that tells every step its id, as on Azure."""
DONE = b'{"ok":true}'
NO_RESULT = os.EX_SOFTWARE
"""How a process ends that could not do its task, or write down what came of it."""
EMPTY = marshal.dumps(compile(b"", "", "exec"))
"""Made on import, as the first compile() makes some hundred types, which scripts need that compile themselves."""
NOBODY = select.POLLERR | select.POLLHUP


def become(
    task: dict[str, Any],
    maker: int,
    hear: Callable[[], dict[str, Any] | None],
    tell: Callable[[bool], object],
) -> NoReturn:
    """Do the task, write down how it ended, tell the maker, end. `maker` is a pipe that the maker reads.

    `tell` is given whether the record says no more than that it went well.
    Of a task ahead `hear` returns what is to become of it; None when there is nobody to say it.
    """
    own, status = os.getpid(), NO_RESULT
    try:
        record = settle(task, maker)
        if task["ahead"]:
            await_turn(task["attempt"], hear)
        result = outcome(task, record)
        script.leave()
        if os.getpid() == own:  # both processes of a script that forks may come here
            place.write_result(task["attempt"], result)
            tell(result == DONE)
        status = 0 if result == DONE else 1
    except BaseException:  # noqa: BLE001 - nothing may climb into the nursery's own frames
        sys.excepthook(*sys.exc_info())
    finally:
        script.flush()
        os._exit(status)


def settle(task: dict[str, Any], maker: int) -> int:
    """Make the attempt's place and go there; returns its record, held as long as this process lives."""
    record = place.enter(task["attempt"])
    if is_alone(maker):
        os._exit(NO_RESULT)
    place.take_output(task["log"])
    place.furnish(task)
    for name, value in task["variables"].items():
        os.environ[name] = value
    return record


def await_turn(attempt: str, hear: Callable[[], dict[str, Any] | None]) -> None:
    """Return when the step's turn has come; end when it will not."""
    word = hear()
    if word and word["go"]:
        return
    if word:
        place.leave(attempt)
    os._exit(NO_RESULT)


def is_alone(maker: int) -> bool:
    """Whether the maker is gone: then another one may already have given the step to another process.

    Asked once the record is held: whoever comes later sees that it is.
    """
    poll = select.poll()
    poll.register(maker, 0)
    return any(event & NOBODY for _, event in poll.poll(0))


def outcome(task: dict[str, Any], record: int) -> bytes:
    """The result as JSON."""
    here = os.getcwd()
    if "work" in task:
        from mlops_cli.engine.pipelines import work

        return work.outcome(task["work"], record)
    try:
        script.run(f"{here}/{task['script']}", task["arguments"], task["compiled"])
    except SystemExit as leaving:
        return left(leaving)
    except BaseException as error:  # noqa: BLE001 - a user's script may raise anything
        return raised(error, here)
    return DONE


def rehearse() -> None:
    """What every script takes, done ahead of need: by the nursery, so that nothing is left to be made in each fork,
    and by the fork, whose memory becomes its own page by page.
    """
    script.run(os.devnull, [], EMPTY)
    os.environ[RUN_ID] = ""
    is_alone(1)


def left(leaving: SystemExit) -> bytes:
    if leaving.code is None:
        return DONE
    if isinstance(leaving.code, int):
        code = leaving.code & 0xFF
        return failure(f"the script ended with exit code {code}") if code else DONE
    sys.stderr.write(f"{leaving.code}\n")
    return failure(str(leaving.code))


def raised(error: BaseException, folder: str) -> bytes:
    lines = script.user_traceback(error, folder)
    sys.stderr.write("".join(lines))
    return failure(f"{type(error).__name__}: {error}", "".join(lines).splitlines()[-script.MOST_DETAILS :])


def failure(error: str, details: list[str] | None = None) -> bytes:
    import json

    return json.dumps({"ok": False, "error": error, "details": details or []}).encode()

"""The nursery's own process and those it forks. Only the standard library is imported here, and little of it."""

import atexit
import gc
import marshal
import os
import signal
import sys
from typing import Any

from mlops_cli.engine.pipelines import child, place

LENGTH_BYTES = 8
PIPE_BYTES = 65536
LITTER = 3
"""Spares forked at a time: after each fork the nursery's own pages are copied again as they are written to."""


def tend(slots: list[int], replies: int) -> None:
    """Keep a spare waiting at each slot until the maker of the nursery is gone. Never returns."""
    try:
        _detach({*slots, replies})
        child.rehearse()
        gc.collect()
        gc.freeze()
        waiting: dict[int, int] = {}
        empty = list(range(len(slots)))
        _say(replies, _fill(empty, slots, replies, waiting))
        while waiting:
            pid, status = os.wait()
            _end_group(pid)
            slot = waiting.pop(pid, -1)
            if slot < 0:
                continue
            empty.append(slot)
            said = _message("-", slot, pid, os.waitstatus_to_exitcode(status))
            if len(empty) >= LITTER and not place.is_alone(replies):
                said += _fill(empty, slots, replies, waiting)
            _say(replies, said)
    except BaseException:  # noqa: BLE001 - nothing may climb into the maker's own frames
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)


def _detach(kept: set[int]) -> None:
    """Nothing of the maker's but the pipes: neither its signals' handlers nor its files. Streams write each line."""
    atexit._clear()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    before = 2
    for descriptor in sorted(kept):
        os.closerange(before + 1, descriptor)
        before = descriptor
    os.closerange(before + 1, 65536)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _fill(empty: list[int], slots: list[int], replies: int, waiting: dict[int, int]) -> bytes:
    """Fork a spare for each empty slot; returns what to say of them."""
    born = {_fork(slot, slots, replies): slot for slot in empty}
    empty.clear()
    waiting.update(born)
    return b"".join(_message("+", slot, pid) for pid, slot in born.items())


def _fork(slot: int, slots: list[int], replies: int) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _wait(slot, slots, replies)
        finally:
            os._exit(1)
    return pid


def _wait(slot: int, slots: list[int], replies: int) -> None:
    """Wait for a task and do it; end when none will come."""
    os.setsid()
    child.rehearse()
    pid = os.getpid()
    if task := _hear(slots[slot], pid):
        child.become(
            task,
            replies,
            lambda: _hear(slots[slot], pid),
            lambda well: _say(replies, _message("=", slot, pid, well)),
        )


def _hear(descriptor: int, pid: int) -> dict[str, Any] | None:
    """The next message for this process; others were for one that was killed with a message in its pipe."""
    while length := _read(descriptor, LENGTH_BYTES):
        message: dict[str, Any] = marshal.loads(_read(descriptor, int.from_bytes(length, "big")))  # noqa: S302
        if message["pid"] == pid:
            return message
    return None


def _read(descriptor: int, size: int) -> bytes:
    """Exactly so many bytes, or none at the end."""
    content = b""
    while len(content) < size:
        part = os.read(descriptor, min(size - len(content), PIPE_BYTES))
        if not part:
            return b""
        content += part
    return content


def _message(kind: str, slot: int, pid: int, number: int = 0) -> bytes:
    return f"{kind} {slot} {pid} {number}\n".encode()


def _say(replies: int, said: bytes) -> None:
    try:
        os.write(replies, said)
    except OSError:
        return


def _end_group(pid: int) -> None:
    """What the task left running in its session ends with it."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return

"""Processes forked ahead of need, seen from the process that has work for them.

The nursery is a fork of its maker, made before that has imported anything large: what it forks is small, starts
at once and has nothing in it but what a script needs. Each spare waits at a pipe of its own, its slot, does one
task and ends; the nursery forks the next. A task `ahead` is begun when its spare is told to. Of a maker that is
gone, spares end; a task that runs goes on.

Messages of spares and nursery: `+ SLOT PID 0` is waiting, `= SLOT PID WELL` has done its work and only has to
end (1: it went well, and the record says no more), `- SLOT PID CODE` has ended. To a spare: a length in 8 bytes
and a dictionary, marshalled, with the `pid` it is for, which is a task (see `child`) or, for a task ahead, whether
to `go`.
"""

import marshal
import os
import select
from typing import NamedTuple

from mlops_cli.engine.pipelines import child, spares

DYING = 2
"""Slots beside those that work at once: of processes that have done their task and still have to end."""
LOOK_SECONDS = 1.0
MOST_AT_ONCE = max(2, os.cpu_count() or 2)
"""Steps of a run that work at the same time."""
MOST_AHEAD = 1
"""Steps whose place is made before their turn."""
READ_BYTES = 65536


class NurseryLostError(Exception):
    """The nursery was killed; the tasks that run go on without it."""


class Ending(NamedTuple):
    """Of a process whose work has ended: its exit code, as subprocess has it (that of NO_RESULT for one that has only
    said so, of which the record tells); `well` when the record says no more than that it went well.
    """

    pid: int
    code: int
    well: bool


class Nursery:
    """Has a spare for all that may run at once, and the next. Not for use by several threads."""

    def __init__(self) -> None:
        pipes = [os.pipe() for _ in range(MOST_AT_ONCE + MOST_AHEAD + DYING + spares.LITTER - 1)]
        self._replies, replies = os.pipe()
        os.set_blocking(self._replies, False)
        self._tasks = [write for _, write in pipes]
        self._ready: list[tuple[int, int]] = []
        self._waiting: dict[int, int] = {}
        self._ended: list[Ending] = []
        self._done: set[bytes] = set()
        self._rest = b""
        self._pid = os.fork()
        if self._pid == 0:
            spares.tend([read for read, _ in pipes], replies)
        for descriptor in (replies, *(read for read, _ in pipes)):
            os.close(descriptor)

    def fileno(self) -> int:
        """Can be read when there are events."""
        return self._replies

    def has_spare(self) -> bool:
        """Whether a task can be given without waiting."""
        return bool(self._ready)

    def launch(self, task: dict[str, object], *, ahead: bool = False) -> int:
        """Give a task to a spare, which begins it at once or when told; returns its process id.

        Raises NurseryLostError.
        """
        while not self._ready:
            heard = select.select([self], [], [], LOOK_SECONDS)[0]
            if not (self._read() if heard else self.is_alive()):
                raise NurseryLostError
        slot, pid = self._ready.pop(0)
        if ahead:
            self._waiting[pid] = slot
        self._send(slot, task | {"pid": pid, "ahead": ahead})
        return pid

    def tell(self, pid: int, *, go: bool) -> None:
        """Let the spare begin its task ahead, or give it up. Raises NurseryLostError."""
        self._send(self._waiting.pop(pid), {"pid": pid, "go": go})

    def _send(self, slot: int, message: dict[str, object]) -> None:
        content = marshal.dumps(message)
        rest = memoryview(len(content).to_bytes(spares.LENGTH_BYTES, "big") + content)
        try:
            while rest:
                rest = rest[os.write(self._tasks[slot], rest) :]
        except BrokenPipeError:
            raise NurseryLostError from None

    def events(self) -> list[Ending]:
        """The processes whose work has ended since the last call."""
        self._read()
        ended, self._ended = self._ended, []
        return ended

    def has_news(self) -> bool:
        """Whether it has been said of work that it has ended, or nobody is left to say it."""
        return bool(self._ended) or not self._read() or bool(self._ended)

    def is_alive(self) -> bool:
        try:
            return os.waitpid(self._pid, os.WNOHANG)[0] == 0
        except ChildProcessError:
            return False

    def close(self) -> None:
        """Let go of it; what waits ends."""
        for descriptor in (self._replies, *self._tasks):
            os.close(descriptor)

    def _read(self) -> bool:
        """Take what was said; False when nobody is left who could say anything."""
        try:
            content = os.read(self._replies, READ_BYTES)
        except BlockingIOError:
            return True
        *lines, self._rest = (self._rest + content).split(b"\n")
        for line in lines:
            kind, slot, pid, number = line.split()
            if kind == b"+":
                self._ready.append((int(slot), int(pid)))
            elif kind == b"-" and pid in self._done:
                self._done.remove(pid)
            else:
                self._waiting.pop(int(pid), None)
                if kind == b"=":
                    self._done.add(pid)
                    self._ended.append(Ending(int(pid), child.NO_RESULT, well=number == b"1"))
                else:
                    self._ended.append(Ending(int(pid), int(number), well=False))
        return bool(content)

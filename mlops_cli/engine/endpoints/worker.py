"""One worker process of an endpoint, seen from the supervisor."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from mlops_cli.engine.endpoints import sockets
from mlops_cli.engine.endpoints.signals import signal_name
from mlops_cli.engine.processes import ProcessId, identify
from mlops_cli.engine.serving.spec import StartupFailure, read_readiness

TAIL_BYTES = 8_192


class Inherited(NamedTuple):
    """What a worker inherits: the sockets it listens on, those of the whole endpoint (it hands them to the next
    supervisor if this one dies), and the end of a pipe that tells when that happens.
    """

    own: Sequence[socket.socket]
    every: Sequence[socket.socket]
    alive: int


class Worker:
    """A process that serves, or is about to. `since` is `time.monotonic()` at its start or adoption.

    What it writes to stdout and stderr (its log is elsewhere) goes to a file without a name, to be read when
    it dies unheard.
    """

    def __init__(self, process: ProcessId, generation: int, listens_on: Sequence[socket.socket]) -> None:
        self.process = process
        self.generation = generation
        self.listens_on = listens_on
        self.since = time.monotonic()
        self.ready = True
        self._popen: subprocess.Popen[bytes] | None = None
        self.ready_fd: int | None = None
        self._line = b""
        self._output: BinaryIO | None = None

    @classmethod
    def start(cls, service: Path, generation: int, inherited: Inherited, heir: Sequence[str]) -> "Worker":
        """`heir` is the command that the worker starts, once, when we are gone."""
        read_end, write_end = os.pipe()
        # A worker keeps its sockets from its own children; its heir needs some that are not kept.
        own = [os.dup(one.fileno()) for one in inherited.own]
        output = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        try:
            popen = subprocess.Popen(
                _command(service, own, write_end, inherited.alive, heir),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(*sockets.numbers(inherited.every), *own, inherited.alive, write_end),
                cwd=service,
            )
        except BaseException:
            os.close(read_end)
            output.close()
            raise
        finally:
            for fd in (write_end, *own):
                os.close(fd)
        os.set_blocking(read_end, False)
        worker = cls(identify(popen.pid), generation, inherited.own)
        worker.ready, worker.ready_fd = False, read_end
        worker._popen, worker._output = popen, output
        return worker

    def poll(self) -> StartupFailure | None:
        """Look whether it is ready by now, or why it will not be."""
        if self.ready_fd is None:
            return None
        try:
            while piece := os.read(self.ready_fd, 65_536):
                self._line += piece
        except BlockingIOError:
            if not self._line.endswith(b"\n"):
                return None
        self._close_pipe()
        failure = read_readiness(self._line)
        self.ready = failure is None
        return failure

    def is_alive(self) -> bool:
        return self._popen.poll() is None if self._popen else self.process.is_alive()

    def signal(self, number: signal.Signals) -> None:
        if self.is_alive():
            os.kill(self.process.pid, number)

    def ending(self) -> str:
        """How it ended, in words."""
        code = self._popen.returncode if self._popen else None
        if code is None:
            return "ended"
        return f"was killed by {signal_name(-code)}" if code < 0 else f"ended with exit code {code}"

    def last_output(self) -> list[str]:
        """The last lines that it wrote beside its log: what the interpreter or a native library said."""
        if self._output is None:
            return []
        self._output.seek(max(0, self._output.seek(0, os.SEEK_END) - TAIL_BYTES))
        lines = self._output.read().decode(errors="replace").splitlines()
        return [line for line in lines if line.strip() and not line.startswith('{"code":')][-20:]

    def close(self) -> None:
        self._close_pipe()
        if self._output is not None:
            self._output.close()
            self._output = None

    def _close_pipe(self) -> None:
        if self.ready_fd is not None:
            os.close(self.ready_fd)
            self.ready_fd = None


def _command(
    service: Path, own: Sequence[int], ready_fd: int, alive_fd: int, heir: Sequence[str]
) -> list[str]:
    return [
        *(sys.executable, "-P", "-m", "mlops_cli.engine.serving", str(service)),
        *(part for fd in own for part in ("--fd", str(fd))),
        *("--ready-fd", str(ready_fd), "--alive-fd", str(alive_fd)),
        *("--on-orphaned", *heir),
    ]


def supervisor_command(service: Path, listening: Sequence[socket.socket]) -> list[str]:
    """The command that supervises the endpoint on the given listening sockets."""
    numbers = ",".join(map(str, sockets.numbers(listening)))
    return [sys.executable, "-P", "-m", "mlops_cli.engine.endpoints", str(service), "--fds", numbers]

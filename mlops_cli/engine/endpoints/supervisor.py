"""The process that keeps an endpoint's workers running, and outlives every one of them."""

import contextlib
import os
import signal
import socket
from pathlib import Path

from mlops_cli.domain.endpoints import Level
from mlops_cli.engine.endpoints import layout, sockets
from mlops_cli.engine.endpoints.layout import Desired, Status
from mlops_cli.engine.endpoints.signals import woken_by_signals
from mlops_cli.engine.endpoints.slot import Slot
from mlops_cli.engine.endpoints.worker import Fds, Worker
from mlops_cli.engine.processes import ProcessId
from mlops_cli.engine.serving.logs import AppendFile, ServiceLog
from mlops_cli.engine.serving.spec import LOG_FILE, read_spec
from mlops_cli.errors import StateError

TICK_SECONDS = 0.25


class Supervisor:
    """Brings what runs to what `desired.json` says, again and again. SIGTERM ends it, any other signal wakes it.

    It goes on when the state directory cannot be written, and ends when the directory is gone.
    """

    def __init__(self, service: Path, listeners: list[socket.socket], me: ProcessId) -> None:
        limit = read_spec(service).limits.log_bytes
        self._service = service
        self._me = me
        self._log = ServiceLog(AppendFile(service / LOG_FILE, limit))
        self._slots = [self._slot(number, listener) for number, listener in enumerate(listeners)]
        self._leaving: list[Slot] = []
        self._desired = Desired(0, len(listeners), listeners[0].getsockname()[1])
        self._published: Status | None = None
        # Nothing is ever written: workers see the end of this pipe when we die, however we do.
        self._alive, self._alive_held = os.pipe()
        self._stopping = False

    def run(self) -> None:
        """Return once SIGTERM has come and every worker has ended."""
        with woken_by_signals(self._on_signal) as waker:
            self._adopt()
            while True:
                self._tick()
                self._publish()
                if self._stopping and self._is_empty():
                    break
                starting = (slot.candidate.ready_fd for slot in self._slots if slot.candidate)
                waker.wait((fd for fd in starting if fd is not None), TICK_SECONDS)
        self._tell("INFO", "stopped")

    def _tick(self) -> None:
        self._read_desired()
        if self._stopping:
            for slot in self._slots:
                slot.stop()
            return
        self._resize()
        for slot in self._slots:
            others = [other for other in self._slots if other is not slot]
            settled = all(other.current and not other.candidate for other in others)
            fds = Fds(slot.listener.fileno(), self._listening(), self._alive)
            slot.tick(self._desired.generation, fds, may_replace=settled)

    def _read_desired(self) -> None:
        with contextlib.suppress(OSError):
            desired = layout.read_desired(self._service)
            self._stopping |= desired is None
            self._desired = desired or self._desired

    def _resize(self) -> None:
        while len(self._slots) < self._desired.workers:
            listener = sockets.listen(self._desired.port)
            self._slots.append(self._slot(len(self._slots), listener))
        while len(self._slots) > self._desired.workers:
            self._leaving.append(self._slots.pop())
            self._leaving[-1].stop()
        for slot in [slot for slot in self._leaving if slot.is_empty()]:
            slot.listener.close()
            self._leaving.remove(slot)

    def _adopt(self) -> None:
        """Go on with the workers of a supervisor that was killed, until workers of our own replace them."""
        before = layout.read_status(self._service)
        found = 0
        for slot, known in zip(self._slots, before.workers if before else [], strict=False):
            if known.process and known.process.is_alive():
                slot.adopt(Worker(known.process, generation=0))
                found += 1
        went_on = f"; took over {found} workers" if found else ""
        self._tell("INFO", f"supervisor started (process {self._me.pid}){went_on}")

    def _publish(self) -> None:
        status = self._status()
        if status != self._published and self._service.exists():
            with contextlib.suppress(StateError):
                layout.write_status(self._service, status)
                self._published = status

    def _status(self) -> Status:
        generation = self._desired.generation
        failure = next((slot.failure for slot in self._slots if slot.failure), None)
        return Status(
            supervisor=self._me,
            generation=generation,
            port=self._desired.port,
            workers=[slot.status() for slot in self._slots],
            given_up=any(slot.gave_up(generation) for slot in self._slots),
            failure=failure,
        )

    def _is_empty(self) -> bool:
        return all(slot.is_empty() for slot in (*self._slots, *self._leaving))

    def _listening(self) -> list[int]:
        return [slot.listener.fileno() for slot in self._slots]

    def _slot(self, number: int, listener: socket.socket) -> Slot:
        return Slot(number, listener, self._service, self._tell)

    def _tell(self, level: Level, message: str) -> None:
        self._log.write(level, "supervisor", message)

    def _on_signal(self, number: int) -> None:
        self._stopping |= number in (signal.SIGTERM, signal.SIGINT)

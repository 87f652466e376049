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
from mlops_cli.engine.endpoints.worker import Inherited, Worker
from mlops_cli.engine.processes import ProcessId
from mlops_cli.engine.serving.logs import AppendFile, ServiceLog
from mlops_cli.engine.serving.spec import BACKLOG, LOG_FILE, read_spec
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
        self._listeners = listeners
        self._slots: list[Slot] = []
        self._leaving: list[Slot] = []
        self._refusing: set[socket.socket] = set()
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
        kept = self._slots[: self._desired.workers]
        for slot in kept:
            settled = all(other.current and not other.candidate for other in kept if other is not slot)
            inherited = Inherited(self._share(slot), self._listeners, self._alive)
            slot.tick(self._desired.generation, inherited, may_replace=settled)
        self._refuse_hopeless(kept)

    def _read_desired(self) -> None:
        with contextlib.suppress(OSError):
            desired = layout.read_desired(self._service)
            self._stopping |= desired is None
            self._desired = desired or self._desired

    def _resize(self) -> None:
        """Slots that are too many serve on until all others have workers that listen on their sockets too."""
        wanted = self._desired.workers
        while len(self._listeners) < wanted:
            self._listeners.append(sockets.bound(self._desired.port))
        while len(self._slots) < wanted:
            self._add_slot()
        if all(slot.serves(self._desired.generation) for slot in self._slots[:wanted]):
            self._leaving += self._slots[wanted:]
            del self._slots[wanted:]
        for slot in self._leaving:
            slot.stop()
        self._leaving = [slot for slot in self._leaving if not slot.is_empty()]

    def _share(self, slot: Slot) -> list[socket.socket]:
        return self._listeners[slot.number :: self._desired.workers]

    def _refuse_hopeless(self, kept: list[Slot]) -> None:
        """Refuse clients that would wait for a worker that never comes."""
        hopeless = {one for slot in kept if slot.is_hopeless() for one in self._share(slot)}
        served = {one for slot in self._slots if slot.current for one in slot.current.listens_on}
        for one in hopeless - served - self._refusing:
            sockets.refuse_clients(one)
        for one in self._refusing - hopeless:
            one.listen(BACKLOG)
        self._refusing = hopeless - served

    def _adopt(self) -> None:
        """Go on with the workers of a supervisor that was killed, until workers of our own replace them."""
        before = layout.read_status(self._service)
        found = 0
        for known in before.workers if before else []:
            slot = self._add_slot()
            if known.process and known.process.is_alive():
                slot.adopt(Worker(known.process, 0, self._listeners))
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

    def _add_slot(self) -> Slot:
        self._slots.append(Slot(len(self._slots), self._service, self._tell))
        return self._slots[-1]

    def _tell(self, level: Level, message: str) -> None:
        self._log.write(level, "supervisor", message)

    def _on_signal(self, number: int) -> None:
        self._stopping |= number in (signal.SIGTERM, signal.SIGINT)

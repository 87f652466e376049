"""Requests under way: which connection carries what, and what becomes of it."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter

from mlops_cli.bench import poller
from mlops_cli.bench.arrivals import KernelClock
from mlops_cli.bench.checks import Verdict
from mlops_cli.bench.connection import AGAIN, IDLE, PIECE, READING, WAITING, Connection
from mlops_cli.bench.measuring import measure
from mlops_cli.bench.payloads import Payload
from mlops_cli.bench.plan import Manner
from mlops_cli.bench.reasons import reason
from mlops_cli.bench.recording import Recording
from mlops_cli.bench.response import Answer, BadResponse, Reader, read_whole
from mlops_cli.bench.target import Target

KEPT = ", though kept from an earlier answer: try --no-keep-alive"
"""Some servers and proxies close connections that they seemed to keep open."""

Check = Callable[[Payload, Answer], Verdict]


class Exchange:
    """All connections to one target. They stay open from one recording to the next.

    With `exact` an answer came when the kernel says so, otherwise when the loop heard of it, which costs less:
    the kernel reads its clock for each packet until the last socket that ever asked for stamps is closed.
    """

    def __init__(self, target: Target, manner: Manner, check: Check) -> None:
        self._target = target
        self._manner = manner
        self._check = check
        self.exact = False
        self.stamped = False
        self.clock = KernelClock()
        self.poller = poller.make()
        self.connections: dict[int, Connection] = {}
        self.idle: deque[Connection] = deque()
        self.recording = Recording()
        self._finished, self._took = self.recording.finished.append, self.recording.latency.append
        self.tls_version: str | None = None

    @property
    def busy(self) -> int:
        return len(self.connections) - len(self.idle)

    def be_exact(self, *, wanted: bool) -> None:
        """Time answers by the kernel's stamps from now on, or no longer."""
        if wanted != self.exact:
            self.exact = wanted
            for connection in self.connections.values():
                connection.stamp(wanted=wanted)
                self.stamped = connection.stamped

    def start(self) -> Recording:
        """A new recording; connections that the server has closed meanwhile are dropped."""
        for fd, _ in self.poller.poll(0):
            self._drop(self.connections[fd])
        before = self.recording
        self.recording = Recording(server=before.server, document_length=before.document_length)
        self._finished, self._took = self.recording.finished.append, self.recording.latency.append
        return self.recording

    def launch(self, payload: Payload, due: float) -> None:
        """Send `payload` over an idle connection, or a new one."""
        if not self.idle:
            return self._open(payload, due)
        connection = self.idle.popleft()
        try:
            connection.begin(payload, due)
        except OSError as error:
            self._lost(connection, error, perf_counter())
        return None

    def collect(self, events: list[tuple[int, int]]) -> float:
        """Take what has arrived; connections whose answer is whole are idle again. When that was."""
        now = perf_counter()
        connections, idle, read = self.connections, self.idle, self._read
        for fd, _ in events:
            connection = connections[fd]
            if read(connection, now):
                connection.state = IDLE
                idle.append(connection)
        return now

    def settle(self, payload: Payload) -> None:
        """Account for the bytes of the answers that were not looked at again."""
        if payload.hits and payload.proven:
            self.recording.received += payload.hits * len(payload.proven)
            self.recording.body_received += payload.hits * len(payload.right_body or b"")
            payload.hits = 0

    def give_up(self, now: float) -> None:
        """End the requests that have waited longer than the timeout."""
        limit = self._manner.timeout
        for connection in list(self.connections.values()):
            waited = now - max(connection.due, connection.sent_at)
            if connection.state != IDLE and waited > limit:
                self.recording.fail("timeout", f"no answer within {limit:g} s")
                self._ended(connection, now)

    def abandon(self) -> None:
        """Close the connections whose answers nobody waits for any more."""
        for connection in list(self.connections.values()):
            if connection.state != IDLE:
                self._drop(connection)

    def close(self) -> None:
        for connection in list(self.connections.values()):
            self._drop(connection)
        self.poller.close()

    def _open(self, payload: Payload, due: float) -> None:
        try:
            connection = Connection(self._target, self.poller, self.clock, exact=self.exact)
        except OSError as error:
            return self._failed_to_open(error, due)
        self.connections[connection.fd] = connection
        self.stamped = connection.stamped
        try:
            connection.open(payload, due)
        except OSError as error:
            self._lost(connection, error, perf_counter())
        return None

    def _read(self, connection: Connection, now: float) -> bool:
        """Take what has arrived; whether the answer is whole and the connection may carry another request."""
        try:
            if connection.state != WAITING:
                return self._read_slowly(connection, now)
            if connection.stamped:
                data, at = connection.take(now)
            else:
                data, at = connection.receive(PIECE), now
            payload = connection.payload
            if data != payload.proven:
                return self._read_piece(connection, data, at)
        except AGAIN:
            return False
        except (OSError, BadResponse) as error:
            self._lost(connection, error, now)
            return False
        payload.hits += 1
        self._finished(at)
        self._took(at - connection.due)
        return True

    def _read_slowly(self, connection: Connection, now: float) -> bool:
        if connection.state == IDLE:
            self._drop(connection)
            return False
        if connection.state != READING:
            connection.advance()
            if connection.state != READING and not connection.is_sending:
                return False
            now = perf_counter()
        return self._read_piece(connection, *connection.take(now))

    def _read_piece(self, connection: Connection, data: bytes, now: float) -> bool:
        reader = connection.reader
        if reader is None:
            connection.first_byte = now
            answer = read_whole(data)
            if answer is not None:
                return self._answered(connection, answer, data, now)
            reader = connection.reader = Reader()
            if connection.state == WAITING:
                connection.state = READING
        answer = reader.feed(data) if data else reader.end()
        return answer is not None and self._answered(connection, answer, data, now)

    def _answered(self, connection: Connection, answer: Answer, data: bytes, now: float) -> bool:
        payload = connection.payload
        wrong = None if self._is_known(payload, answer) else self._check(payload, answer)
        if wrong:
            self.recording.fail(*wrong)
        model = answer.model_time
        if model is not None:
            self.recording.add_model_time(model)
        if measure(self.recording, connection, answer, now):
            self.tls_version = self.tls_version or connection.tls_version
        if not (answer.reusable and self._manner.keep_alive) or connection.is_sending:
            self._ended(connection, now)
            return False
        if not wrong and answer.status == 200:
            self.settle(payload)
            payload.right_body = answer.body
            payload.proven = data if len(data) == answer.size and model is None else None
        connection.reader = None
        self.recording.end(now, now - connection.due)
        return True

    def _is_known(self, payload: Payload, answer: Answer) -> bool:
        """Whether the same body was found right before; headers differ from answer to answer."""
        return answer.status == 200 and answer.body == payload.right_body

    def _lost(self, connection: Connection, error: Exception, now: float) -> None:
        """The connection is of no more use, and the request on it has failed."""
        if not connection.was_opened:
            self.recording.fail("connect", reason(error))
        elif isinstance(error, BadResponse) and not error.cut_short:
            self.recording.fail("protocol", reason(error))
        else:
            self.recording.fail("closed", reason(error) + (KEPT if connection.was_used else ""))
        self._ended(connection, now)

    def _failed_to_open(self, error: OSError, due: float) -> None:
        now = perf_counter()
        self.recording.fail("connect", reason(error))
        self.recording.end(now, now - due)

    def _ended(self, connection: Connection, now: float) -> None:
        self.recording.end(now, now - connection.due)
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        with suppress(ValueError):
            self.idle.remove(connection)
        del self.connections[connection.fd]
        connection.close()

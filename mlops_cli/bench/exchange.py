"""Requests under way: which connection carries what, and what becomes of it."""

import ssl
from collections import deque
from collections.abc import Callable
from time import perf_counter

from mlops_cli.bench import poller
from mlops_cli.bench.checks import Verdict
from mlops_cli.bench.connection import AGAIN, IDLE, PIECE, READING, WAITING, Connection
from mlops_cli.bench.payloads import Payload
from mlops_cli.bench.plan import Manner
from mlops_cli.bench.reasons import reason
from mlops_cli.bench.recording import Recording
from mlops_cli.bench.response import Answer, BadResponse, Reader
from mlops_cli.bench.target import Target

Check = Callable[[Payload, Answer], Verdict]
MODEL_HEADER = b"x-ms-run-fn-exec-ms"


class Exchange:
    """All connections to one target. They stay open from one recording to the next."""

    def __init__(self, target: Target, manner: Manner, check: Check) -> None:
        self._target = target
        self._manner = manner
        self._check = check
        self.poller = poller.make()
        self.connections: dict[int, Connection] = {}
        self.idle: deque[Connection] = deque()
        self.recording = Recording()
        self.tls_version: str | None = None

    @property
    def busy(self) -> int:
        return len(self.connections) - len(self.idle)

    def start(self) -> Recording:
        """A new recording; connections that the server has closed meanwhile are dropped."""
        for fd, _ in self.poller.poll(0):
            self._drop(self.connections[fd])
        before = self.recording
        self.recording = Recording(server=before.server, document_length=before.document_length)
        return self.recording

    def launch(self, payload: Payload, due: float) -> None:
        """Send `payload` over an idle connection, or a new one."""
        if self.idle:
            connection = self.idle.popleft()
            self.begin(connection, payload, due)
            return None
        try:
            connection = Connection(self._target, self.poller)
        except OSError as error:
            return self._failed_to_open(error, due)
        self.connections[connection.fd] = connection
        try:
            connection.open(payload, due)
        except OSError as error:
            self._lost(connection, error, perf_counter())
        return None

    def begin(self, connection: Connection, payload: Payload, due: float) -> None:
        """Send `payload` over `connection`, which is free."""
        try:
            connection.begin(payload, due)
        except (OSError, ssl.SSLError) as error:
            self._lost(connection, error, perf_counter())

    def read(self, connection: Connection, now: float) -> bool:
        """Take what has arrived; whether the answer is whole and the connection may carry another request."""
        try:
            if connection.state != WAITING:
                return self._read_slowly(connection, now)
            data = connection.receive(PIECE)
            if data != connection.payload.proven:
                return self._read_piece(connection, data, now)
        except AGAIN:
            return False
        except (OSError, ssl.SSLError, BadResponse) as error:
            self._lost(connection, error, now)
            return False
        connection.payload.hits += 1
        self.recording.end(now, now - connection.due)
        return True

    def settle(self, payload: Payload) -> None:
        """Account for the bytes of the answers that were not looked at again."""
        if payload.hits and payload.proven:
            self.recording.received += payload.hits * len(payload.proven)
            self.recording.body_received += payload.hits * payload.proven_body
            payload.hits = 0

    def give_up(self, now: float) -> None:
        """End the requests that have waited longer than the timeout."""
        limit = self._manner.timeout
        for connection in list(self.connections.values()):
            waited = now - max(connection.due, connection.sent_at)
            if connection.state != IDLE and waited > limit:
                self.recording.fail("timeout", f"no answer within {limit:g} s")
                self._ended(connection, now)

    def rest(self, connection: Connection) -> None:
        """Keep the connection for a later request."""
        connection.state = IDLE
        self.idle.append(connection)

    def abandon(self) -> None:
        """Close the connections whose answers nobody waits for any more."""
        for connection in list(self.connections.values()):
            if connection.state != IDLE:
                self._drop(connection)

    def close(self) -> None:
        for connection in list(self.connections.values()):
            self._drop(connection)
        self.poller.close()

    def _read_slowly(self, connection: Connection, now: float) -> bool:
        if connection.state == IDLE:
            self._drop(connection)
            return False
        if connection.state != READING:
            connection.advance()
            if connection.state != READING and not connection.is_sending:
                return False
            now = perf_counter()
        return self._read_piece(connection, connection.receive(PIECE), now)

    def _read_piece(self, connection: Connection, data: bytes, now: float) -> bool:
        reader = connection.reader
        if reader is None:
            reader = connection.reader = Reader()
            connection.first_byte = now
            if connection.state == WAITING:
                connection.state = READING
        answer = reader.feed(data) if data else reader.end()
        return answer is not None and self._answered(connection, answer, data, now)

    def _answered(self, connection: Connection, answer: Answer, data: bytes, now: float) -> bool:
        recording, payload = self.recording, connection.payload
        wrong = self._check(payload, answer)
        if wrong:
            recording.fail(*wrong)
        self._measure(connection, answer, now)
        if not (answer.reusable and self._manner.keep_alive) or connection.is_sending:
            self._ended(connection, now)
            return False
        whole = len(data) == answer.size
        if whole and not wrong and answer.status == 200 and answer.header(MODEL_HEADER) is None:
            self.settle(payload)
            payload.proven, payload.proven_body = data, len(answer.body)
        connection.reader = None
        recording.end(now, now - connection.due)
        return True

    def _measure(self, connection: Connection, answer: Answer, now: float) -> None:
        recording = self.recording
        index = len(recording.latency)
        recording.received += answer.size
        recording.body_received += len(answer.body)
        recording.statuses[answer.status] += 1
        if connection.connect_seconds is not None:
            self._measure_opening(connection, index)
        if now > connection.first_byte:
            recording.transfers.add(index, now - connection.first_byte)
        model = answer.header(MODEL_HEADER)
        if model is not None:
            recording.add_model_time(model)
        if not recording.document_length:
            recording.document_length = len(answer.body)
            recording.server = (answer.header(b"server") or b"").decode("latin-1")

    def _measure_opening(self, connection: Connection, index: int) -> None:
        self.recording.connects.add(index, connection.connect_seconds or 0.0)
        connection.connect_seconds = None
        if self._target.tls:
            self.recording.handshakes.add(index, connection.tls_seconds)
            self.tls_version = self.tls_version or connection.tls_version

    def _lost(self, connection: Connection, error: Exception, now: float) -> None:
        """The connection is of no more use, and the request on it has failed."""
        recording = self.recording
        if connection.was_opened and isinstance(error, BadResponse):
            recording.fail("closed" if error.cut_short else "protocol", str(error))
        elif connection.was_opened:
            recording.fail("closed", reason(error))
        else:
            recording.fail("connect", reason(error))
        self._ended(connection, now)

    def _failed_to_open(self, error: OSError, due: float) -> None:
        now = perf_counter()
        self.recording.fail("connect", reason(error))
        self.recording.end(now, now - due)

    def _ended(self, connection: Connection, now: float) -> None:
        self.recording.end(now, now - connection.due)
        self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        if connection.state == IDLE:
            self.idle.remove(connection)
        del self.connections[connection.fd]
        connection.close()

"""One connection, from connect to close: never blocking, TCP or TLS, with a request sent in pieces if need be."""

import errno
import socket
import ssl
from collections.abc import Callable
from time import perf_counter

from mlops_cli.bench import arrivals
from mlops_cli.bench.arrivals import KernelClock
from mlops_cli.bench.payloads import Payload
from mlops_cli.bench.poller import READ, WRITE, Poller
from mlops_cli.bench.response import Reader
from mlops_cli.bench.target import Target

CONNECTING, HANDSHAKING, SENDING, WAITING, READING, IDLE = range(6)
"""WAITING: the whole request is sent and nothing of the answer is here; READING: a part of it is, or it is the
first answer on this connection."""
PIECE = 65_536
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK)
AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Connection:
    """`due` is when the request under way should have started, `first_byte` when its answer began.

    `connect_seconds` and `tls_seconds` are what opening took; `connect_seconds` is None before that and once it
    is accounted for. `sent_at` is for the timeout of a request that was sent later than it was due. `stamped`
    says whether the kernel says when bytes came: not of what is encrypted, whose pieces are not the answer's.
    """

    __slots__ = (
        "_clock",
        "_interest",
        "_opened_at",
        "_poller",
        "_sock",
        "_target",
        "_unsent",
        "connect_seconds",
        "due",
        "fd",
        "first_byte",
        "payload",
        "reader",
        "receive",
        "send",
        "sent_at",
        "stamped",
        "state",
        "tls_seconds",
    )

    payload: Payload
    reader: Reader | None
    receive: Callable[[int], bytes]
    send: Callable[[bytes | memoryview], int]

    def __init__(self, target: Target, poller: Poller, clock: KernelClock, *, exact: bool) -> None:
        self._target = target
        self._poller = poller
        self._clock = clock
        self._interest = 0
        self._unsent = memoryview(b"")
        self.connect_seconds: float | None = None
        self.tls_seconds = 0.0
        self.reader = None
        self.first_byte = 0.0
        self.due = self.sent_at = 0.0
        self._sock = socket.socket(target.family, socket.SOCK_STREAM)
        self.fd = self._sock.fileno()
        self._use(self._sock)
        self._sock.setblocking(False)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stamped = False
        if exact:
            self.stamp(wanted=True)

    def open(self, payload: Payload, due: float) -> None:
        """Connect and send `payload` as soon as that is possible. Raises OSError."""
        self.payload, self.due = payload, due
        self._opened_at = perf_counter()
        self.state = CONNECTING
        code = self._sock.connect_ex(self._target.address)
        if code not in _UNDER_WAY:
            raise OSError(code, errno.errorcode.get(code, str(code)))
        if self._target.tls or not self._send_at_once():
            self._want(READ | WRITE)

    def begin(self, payload: Payload, due: float) -> None:
        """Send the next request over the open connection. Raises OSError."""
        self.payload, self.due = payload, due
        try:
            sent = self.send(payload.request)
        except AGAIN:
            sent = 0
        if sent == payload.size:
            self.state = WAITING
        else:
            self.send_later(sent)

    def send_later(self, sent: int) -> None:
        """The first `sent` bytes of the request went out; the rest goes when the socket takes it."""
        self._unsent = memoryview(self.payload.request)[sent:]
        self.state = SENDING
        self._want(READ | WRITE)

    def stamp(self, *, wanted: bool) -> None:
        """Ask for the kernel's stamps, or no longer: each costs it a look at its clock."""
        if self._target.tls is None:
            self.stamped = arrivals.ask(self._sock, wanted=wanted)

    def take(self, now: float) -> tuple[bytes, float]:
        """What has arrived, and when: by the kernel's stamp, or `now`. Raises OSError and ssl.SSLError."""
        if not self.stamped:
            return self.receive(PIECE), now
        data, ancillary, _, _ = self._sock.recvmsg(PIECE, arrivals.ROOM)
        return data, self._clock.arrival(ancillary, self.due, now)

    def advance(self) -> None:
        """Go on with connecting, the TLS handshake or sending. Raises OSError and ssl.SSLError."""
        if self.state == CONNECTING:
            self._connected()
        if self.state == HANDSHAKING:
            self._handshake()
        if self.state == SENDING:
            self._send_rest()

    def close(self) -> None:
        if self._interest:
            self._poller.unregister(self.fd)
            self._interest = 0
        self._sock.close()

    @property
    def was_opened(self) -> bool:
        """Whether a request could be sent: TCP is connected and TLS agreed upon."""
        return self.state not in (CONNECTING, HANDSHAKING)

    @property
    def was_used(self) -> bool:
        """Whether an answer came over it before."""
        return self.was_opened and self.connect_seconds is None

    @property
    def is_sending(self) -> bool:
        """Whether a part of the request is still unsent; an answer may come all the same (413, say)."""
        return self.state == SENDING

    @property
    def tls_version(self) -> str | None:
        """Version and cipher, as ab prints them."""
        if not isinstance(self._sock, ssl.SSLSocket) or not (cipher := self._sock.cipher()):
            return None
        return f"{self._sock.version()},{cipher[0]},{cipher[2]}"

    def _send_at_once(self) -> bool:
        """Loopback connects within the call: often there is nothing to wait for."""
        now = perf_counter()
        try:
            sent = self.send(self.payload.request)
        except (*AGAIN, OSError) as error:
            if isinstance(error, BlockingIOError) or getattr(error, "errno", 0) == errno.ENOTCONN:
                return False
            raise
        self.connect_seconds = now - self._opened_at
        if sent < self.payload.size:
            self._unsent = memoryview(self.payload.request)[sent:]
            self.state = SENDING
            return False
        self.state = READING
        self._want(READ)
        return True

    def _connected(self) -> None:
        code = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, errno.errorcode.get(code, str(code)))
        self.connect_seconds = perf_counter() - self._opened_at
        self._unsent = memoryview(self.payload.request)
        self.state = SENDING
        if self._target.tls:
            self._sock = self._target.tls.wrap_socket(
                self._sock, server_hostname=self._target.host, do_handshake_on_connect=False
            )
            self._use(self._sock)
            self.state = HANDSHAKING

    def _handshake(self) -> None:
        assert isinstance(self._sock, ssl.SSLSocket)
        try:
            self._sock.do_handshake()
        except ssl.SSLWantReadError:
            return self._want(READ)
        except ssl.SSLWantWriteError:
            return self._want(READ | WRITE)
        self.tls_seconds = perf_counter() - self._opened_at - (self.connect_seconds or 0.0)
        self.receive = self._receive_tls
        self.state = SENDING
        return None

    def _send_rest(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[self.send(self._unsent) :]
        except AGAIN:
            return self._want(READ | WRITE)
        self.state = READING
        return self._want(READ)

    def _receive_tls(self, _: int) -> bytes:
        """All that is decrypted so far: epoll sees only what OpenSSL has not yet taken from the socket."""
        assert isinstance(self._sock, ssl.SSLSocket)
        data = self._sock.recv(PIECE)
        while data and self._sock.pending():
            data += self._sock.recv(PIECE)
        return data

    def _use(self, sock: socket.socket) -> None:
        self.receive = sock.recv
        self.send = sock.send

    def _want(self, interest: int) -> None:
        if interest == self._interest:
            return
        change = self._poller.modify if self._interest else self._poller.register
        change(self.fd, interest)
        self._interest = interest

"""HTTP/1.0 and 1.1 (RFC 9112) on one connection: requests answered in order, each response in one send."""

import asyncio
from collections import deque
from typing import Protocol, cast

from mlops_cli.engine.serving.messages import Refusal, Request, Response, encode_response
from mlops_cli.engine.serving.reader import RequestReader
from mlops_cli.engine.serving.spec import Limits

LINGER_SECONDS = 2.0
MOST_PIPELINED = 64
FOREVER = float("inf")


class Host(Protocol):
    """What a connection needs of its server. `common_headers` go out with every response; `idle_deadline` is that of
    a connection whose last request has just been answered."""

    limits: Limits
    max_body_bytes: int
    draining: bool
    common_headers: bytes
    idle_deadline: float

    def handle(self, request: Request, connection: "Connection") -> None: ...

    def refuse(self, refusal: Refusal, connection: "Connection") -> None: ...

    def opened(self, connection: "Connection") -> bool: ...

    def closed(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    """`deadline` (event loop time) is when the peer has taken too long over what it is at.

    `_waiting` holds requests that are complete, `_current` the one being answered. A connection that is
    `_deaf` throws away what else arrives; one that is `_over` sends nothing more.
    """

    def __init__(self, host: Host, loop: asyncio.AbstractEventLoop) -> None:
        self._host = host
        self._loop = loop
        self._waiting: deque[Request | Refusal] = deque()
        self._reader = RequestReader(host.limits, host.max_body_bytes, self._waiting)
        self._current: Request | Refusal | None = None
        self._pumping = self._write_paused = self._read_paused = self._deaf = self._eof = self._over = False
        self.deadline = FOREVER

    @property
    def is_idle(self) -> bool:
        return self._current is None and not self._waiting and self._reader.arriving is None

    # Called by the event loop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._allow(self._host.limits.idle_seconds)
        if not self._host.opened(self):
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 asyncio's signature
        self._deaf = self._over = True
        self._waiting.clear()
        self._host.closed(self)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        before = self._reader.arriving
        try:
            self._reader.feed(data)
        except Refusal as refusal:
            self._reject(refusal)
        self._watch_arriving(before)
        if len(self._waiting) > MOST_PIPELINED and not self._read_paused:
            self._read_paused = True
            self._transport.pause_reading()
        self._pump()

    def eof_received(self) -> bool:
        """Whether to keep our half open: as long as there is something to answer."""
        self._deaf = self._eof = True
        self._reader.arriving = None
        return not self.is_idle and not self._over

    def pause_writing(self) -> None:
        self._allow(self._host.limits.send_seconds)
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        self._allow(self._host.limits.idle_seconds)
        self._pump()

    # Called by the server

    def respond(self, response: Response) -> None:
        """Answer the current request, and turn to the next one."""
        request, self._current = self._current, None
        if self._over:
            return
        host = self._host
        asked = request if isinstance(request, Request) else None
        keep = asked is not None and asked.head.keep_alive and not host.draining
        is_last = not keep or (self._deaf and not self._waiting)
        self._transport.write(encode_response(response, asked, host.common_headers, is_last))
        if is_last:
            self._finish()
            return
        if not self._write_paused:
            self.deadline = host.idle_deadline
        if self._waiting or self._read_paused:
            self._pump()

    def expire(self) -> None:
        """The deadline has passed."""
        if self._over or self._write_paused:
            self._transport.abort()
        elif self._reader.arriving is not None:
            self._reject(Refusal(408, "RequestTimeout", "the request did not arrive in time"))
            self._pump()
        else:
            self.close()

    def close(self) -> None:
        self._over = True
        self._transport.close()

    # Inside

    def _allow(self, seconds: float) -> None:
        """Set the deadline; a peer that does not read keeps the one it has, whatever it sends."""
        if not self._write_paused:
            self.deadline = self._loop.time() + seconds

    def _watch_arriving(self, before: Request | None) -> None:
        """A head has one deadline, however it drips in; a body has one for each piece."""
        arriving = self._reader.arriving
        if arriving is None:
            return
        if arriving is not before or self._reader.head_done:
            self._allow(self._host.limits.receive_seconds)
        if self._reader.expects_continue:
            self._reader.expects_continue = False
            # Behind unanswered requests it would be taken for an answer to one of them; the client goes on anyway.
            if self._current is None and not self._waiting:
                self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _reject(self, refusal: Refusal) -> None:
        self._deaf = True
        self._reader.arriving = None
        self._waiting.append(refusal)

    def _pump(self) -> None:
        if self._pumping:
            return
        self._pumping = True
        while self._waiting and self._current is None and not self._write_paused and not self._over:
            self._current = item = self._waiting.popleft()
            self.deadline = FOREVER
            if isinstance(item, Request):
                self._host.handle(item, self)
            else:
                self._host.refuse(item, self)
        self._pumping = False
        if self._read_paused and not self._waiting and not self._over:
            self._read_paused = False
            self._transport.resume_reading()

    def _finish(self) -> None:
        """Close; first only our half when the peer may be sending, lest a reset destroys the response."""
        self._over = True
        self._waiting.clear()
        if self._deaf and not self._eof and self._transport.can_write_eof():
            self._transport.write_eof()
            self._allow(LINGER_SECONDS)
        else:
            self._transport.close()
            self._allow(self._host.limits.send_seconds)

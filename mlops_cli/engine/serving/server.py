"""The connections of one worker: what they share, who has taken too long, and how they end."""

import asyncio
import time
from email.utils import formatdate

from mlops_cli.engine.serving.app import App
from mlops_cli.engine.serving.connection import Connection
from mlops_cli.engine.serving.messages import Refusal, Request
from mlops_cli.engine.serving.spec import ServiceSpec

POLL_SECONDS = 0.02
IDLE_GRACE_SECONDS = 0.5
"""How long a kept-alive connection may still bring a request once we drain; closing at once would lose it."""


class Server:
    """Host of all connections (see connection.Host)."""

    def __init__(self, app: App, spec: ServiceSpec, loop: asyncio.AbstractEventLoop) -> None:
        self.limits = spec.limits
        self.max_body_bytes = spec.max_body_bytes
        self.draining = False
        self.common_headers = b""
        self.idle_deadline = 0.0
        self._app = app
        self._loop = loop
        self._connections: set[Connection] = set()
        own = {"Server": "mlops-serving", **spec.headers}
        self._own_headers = "".join(f"{name}: {value}\r\n" for name, value in own.items()).encode()
        self.tick()

    def connection(self) -> Connection:
        return Connection(self, self._loop)

    def handle(self, request: Request, connection: Connection) -> None:
        self._app.handle(request, connection.respond)

    def refuse(self, refusal: Refusal, connection: Connection) -> None:
        self._app.refuse(refusal, connection.respond)

    def opened(self, connection: Connection) -> bool:
        if len(self._connections) >= self.limits.connections:
            return False
        self._connections.add(connection)
        return True

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)

    def tick(self) -> None:
        """To be called a few times a second."""
        self.common_headers = b"Date: %s\r\n%s" % (
            formatdate(time.time(), usegmt=True).encode(),
            self._own_headers,
        )
        now = self._loop.time()
        self.idle_deadline = now + self.limits.idle_seconds
        for connection in [c for c in self._connections if c.deadline < now]:
            connection.expire()

    async def drain(self, seconds: float) -> None:
        """Answer what has been asked, each connection's last time; give up after `seconds`."""
        self.draining = True
        start = self._loop.time()
        while self._connections and self._loop.time() - start < seconds:
            if self._loop.time() - start > IDLE_GRACE_SECONDS:
                for connection in [c for c in self._connections if c.is_idle]:
                    connection.close()
            await asyncio.sleep(POLL_SECONDS)

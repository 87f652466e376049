"""The forward proxy: every tunnel ends here. No connection to the outside is ever opened."""

from __future__ import annotations

import contextlib
import socket
import socketserver
from collections.abc import Callable
from typing import TYPE_CHECKING

import httptools

from mlops_cli.emulator.wire.messages import Request, Response
from mlops_cli.emulator.wire.reader import Reader

if TYPE_CHECKING:
    from mlops_cli.emulator.wire.tls import Authority

IDLE_SECONDS = 900


class Proxy(socketserver.ThreadingTCPServer):
    """Answers on 127.0.0.1 what clients send to any host: CONNECT tunnels, absolute and origin-form requests."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, authority: Authority, answer: Callable[[Request], Response]) -> None:
        super().__init__(("127.0.0.1", port), _Connection)
        self.authority = authority
        self.answer = answer

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Connection(socketserver.BaseRequestHandler):
    server: Proxy
    request: socket.socket

    def handle(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request.settimeout(IDLE_SECONDS)
        # Clients that exit drop tunnels in the middle of a handshake; that is no event worth a traceback.
        with contextlib.suppress(OSError, httptools.HttpParserError):
            self._serve(self.request, "http", "")

    def _serve(self, connection: socket.socket, scheme: str, host: str) -> None:
        reader = Reader(connection, scheme, host)
        while request := reader.next():
            if request.method == "CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connection Established\r\n\r\n")
                self._tunnel(connection, request.host)
                return
            with request.stream:
                if not self._send(connection, request, self.server.answer(request)):
                    return

    def _tunnel(self, connection: socket.socket, authority: str) -> None:
        name, _, port = authority.rpartition(":")
        host = name.strip("[]").lower()
        context = self.server.authority.context(host)
        with context.wrap_socket(connection, server_side=True) as secure:
            self._serve(secure, "https", host if port == "443" else f"{host}:{port}")

    def _send(self, connection: socket.socket, request: Request, response: Response) -> bool:
        """Send the answer; False when the connection is over."""
        if response.cut is not None:
            connection.sendall(next(response.parts(request))[: response.cut])
            connection.shutdown(socket.SHUT_RDWR)
            return False
        for part in response.parts(request):
            connection.sendall(part)
        return request.keep_alive

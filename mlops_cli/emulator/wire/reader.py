"""From a socket to requests, parsed by httptools (llhttp)."""

from __future__ import annotations

import contextlib
import socket
import tempfile
from collections import deque

import httptools

from mlops_cli.emulator.wire.messages import Request

RECEIVE = 256 * 1024
IN_MEMORY = 4 * 1024 * 1024


class Reader:
    """Reads the requests of one connection; big bodies go to a temporary file while they arrive.

    `scheme` and `host` are those of the tunnel the connection belongs to; absolute targets name their own.
    """

    def __init__(self, connection: socket.socket, scheme: str, host: str) -> None:
        self._connection = connection
        self._scheme = scheme
        self._host = host
        self._ready: deque[Request] = deque()
        self._parser = httptools.HttpRequestParser(self)

    def next(self) -> Request | None:
        """The next request; None when the client has closed the connection.

        Raises OSError for a broken connection, httptools.HttpParserError for what is not HTTP.
        """
        while not self._ready:
            received = self._connection.recv(RECEIVE)
            if not received:
                return None
            # CONNECT counts as an upgrade; the client sends nothing more before our answer.
            with contextlib.suppress(httptools.HttpParserUpgrade):
                self._parser.feed_data(received)
        return self._ready.popleft()

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - lives with the request

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body.write(body)

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        scheme, host, target = self._split(method, self._target.decode("latin-1"))
        keep = self._parser.should_keep_alive()
        self._ready.append(Request(method, scheme, host, target, self._headers, self._body, keep))

    def _split(self, method: str, target: str) -> tuple[str, str, str]:
        if method == "CONNECT":
            return "https", target, ""
        if target.startswith(("http://", "https://")):
            scheme, _, rest = target.partition("://")
            host, slash, path = rest.partition("/")
            return scheme, host.lower(), slash + path
        return self._scheme, self._host or self._headers.get("host", "").lower(), target

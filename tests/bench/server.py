"""Loopback servers that answer as they are told, byte by byte if need be."""

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType

Piece = bytes | float
Answering = Callable[[bytes, int], Iterable[Piece]]
"""Body and number of a request, to pieces: bytes are sent, a number waits so many seconds.
No piece, or an empty one: the connection is closed."""


def http(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def predictions(body: bytes, number: int) -> Iterable[Piece]:
    """One "yes" per row, as AutoML answers: JSON in a JSON string."""
    rows = json.loads(body)["data"]
    answer = json.dumps(json.dumps({"result": ["yes"] * len(rows)})).encode()
    return [http(answer, "200 OK", "Server: toy/1", f"x-ms-request-id: {number}", "x-ms-run-fn-exec-ms: 1.5")]


class Server:
    """A thread per connection. `requests` holds heads and bodies, `connections` how many there were."""

    def __init__(self, answering: Answering = predictions, tls: ssl.SSLContext | None = None) -> None:
        self._answering = answering
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/score"
        self.requests: list[tuple[bytes, bytes]] = []
        self.connections = 0

    def __enter__(self) -> "Server":
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing alone would leave the thread in accept(), which would serve one more connection.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with self._lock:
                self._open.add(connection)
            self._talk(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def _talk(self, connection: socket.socket) -> None:
        left = b""
        counted = False
        while True:
            head, left = _until(connection, left)
            if not head:
                return
            if not counted:
                counted = True
                self.connections += 1
            length = int(re.search(rb"content-length: (\d+)", head.lower())[1])  # type: ignore[index]
            while len(left) < length and (more := connection.recv(1 << 20)):
                left += more
            body, left = left[:length], left[length:]
            with self._lock:
                number = len(self.requests)
                self.requests.append((head, body))
            pieces = list(self._answering(body, number))
            for piece in pieces:
                if isinstance(piece, bytes):
                    connection.sendall(piece)
                else:
                    time.sleep(piece)
            if not pieces or pieces[-1] == b"" or b"connection: close" in head.lower():
                return


def _until(connection: socket.socket, data: bytes) -> tuple[bytes, bytes]:
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b"", b""
        data += more
    head, _, left = data.partition(b"\r\n\r\n")
    return head, left

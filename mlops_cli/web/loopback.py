"""An HTTP server for a page of ours: bound to 127.0.0.1, strict about who asks, silent about what passes."""

import errno
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from mlops_cli.errors import UsageError

HOST = "127.0.0.1"
MOST_BYTES = 32_000_000
RECEIVE_SECONDS = 30.0
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Call(NamedTuple):
    """One request. `target` is path and query; `headers` have lower-case names."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Reply(NamedTuple):
    """What is sent back; `headers` go out beside those that every reply has."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class LoopbackServer(ThreadingHTTPServer):
    """Calls `answer` for each request of a page that this server has sent, or that the user has opened.

    A Host that is not ours (DNS rebinding) and an Origin that is not ours (another site's form or script)
    are refused, so that no web page reaches the endpoint through us.
    """

    daemon_threads = True

    def __init__(self, port: int, answer: Callable[[Call], Reply]) -> None:
        self.answer = answer
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise _unusable(port, error) from error
        names = [f"{name}:{self.server_port}" for name in (HOST, "localhost")]
        self.hosts = {*names, *((HOST, "localhost") if self.server_port == 80 else ())}
        self.origins = {f"http://{host}" for host in self.hosts}

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackServer
    server_version = "mlops"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = RECEIVE_SECONDS

    def do_GET(self) -> None:
        self._reply(self._answer())

    do_HEAD = do_POST = do_OPTIONS = do_GET  # noqa: N815 names of http.server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal belongs to the command."""

    def _answer(self) -> Reply:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BYTES or "transfer-encoding" in headers:
            self.close_connection = True
            return Reply(413, b"the body is too large, or of unknown length")
        body = self.rfile.read(int(length))
        if headers.get("host") not in self.server.hosts or (
            "origin" in headers and headers["origin"] not in self.server.origins
        ):
            return Reply(403, b"this page is for the browser of this machine only")
        return self.server.answer(Call(self.command, self.path, headers, body))

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in (*_HEADERS.items(), *reply.headers):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)


def _unusable(port: int, error: OSError) -> UsageError:
    if error.errno == errno.EADDRINUSE:
        return UsageError(f"port {port} is in use", hint=f"choose another: --port {port + 1}")
    return UsageError(f"cannot use port {port}: {error.strerror}", hint="choose another: --port 9000")

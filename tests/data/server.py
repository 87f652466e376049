"""A small real file server on loopback, with the faults that a test asks for."""

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Published:
    """What the server publishes. `faults` are met one a request: a status, or ("cut", bytes sent)."""

    content: bytes
    ranges: bool = True
    etag: bool = True
    retry_after: str = "0"
    faults: list[int | tuple[str, int]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    published: Published

    def do_GET(self) -> None:
        self.published.asked.append(dict(self.headers))
        fault = self.published.faults.pop(0) if self.published.faults else None
        if isinstance(fault, int):
            self.send_response(fault)
            self.send_header("Retry-After", self.published.retry_after)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = self._start()
        body = self.published.content[start:]
        self._send_head(start, len(body))
        self.wfile.write(body[: fault[1]] if fault else body)

    def _start(self) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        fits = self.headers.get("If-Range") == self._etag()
        return int(match[1]) if match and fits and self.published.ranges else 0

    def _etag(self) -> str:
        return f'"{self.published.sha256[:8]}"'

    def _send_head(self, start: int, length: int) -> None:
        whole = len(self.published.content)
        if start >= whole > 0:
            self.send_response(416)
            length = 0
        elif start:
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
        else:
            self.send_response(200)
        if self.published.etag:
            self.send_header("ETag", self._etag())
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silence: what was asked is in `published.asked`."""


@contextlib.contextmanager
def serving(published: Published) -> Iterator[Published]:
    """Serve `published` at its `url` while the context lasts."""
    handler = type("PublishedHandler", (Handler,), {"published": published})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        published.url = f"http://127.0.0.1:{server.server_port}/file.csv"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield published
        finally:
            server.shutdown()
            thread.join()

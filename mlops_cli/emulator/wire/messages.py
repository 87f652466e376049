"""Requests and responses of the emulator, independent of how they travelled."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import responses as phrases
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl

import msgspec

CHUNK = 1 << 20


@dataclass(frozen=True)
class FileSlice:
    """`length` bytes of a file from `start` on; sent without being read into memory as a whole."""

    path: Path
    start: int
    length: int

    def chunks(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(self.start)
            left = self.length
            while left and (chunk := file.read(min(CHUNK, left))):
                left -= len(chunk)
                yield chunk


@dataclass
class Request:
    """One request as it reached the emulator; `host` is the Azure host it was meant for.

    Header names and query names are lower-case. `stream` holds the body, in memory or on disk.
    """

    method: str
    scheme: str
    host: str
    target: str
    headers: Mapping[str, str]
    stream: IO[bytes]
    keep_alive: bool = True
    path: str = field(init=False)
    query: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        path, _, query = self.target.partition("?")
        # The SDK joins a base that ends with a slash and a path that begins with one.
        self.path = "/" + path.lstrip("/")
        self.query = {k.lower(): v for k, v in parse_qsl(query, keep_blank_values=True)}

    @property
    def body(self) -> bytes:
        self.stream.seek(0)
        return self.stream.read()

    @property
    def json(self) -> Any:
        """The body as JSON, None when it is empty. Raises msgspec.DecodeError.

        NaN and infinities, which clients write though JSON has none, become texts: so Azure tells of them.
        """
        body = self.body
        try:
            return msgspec.json.decode(body) if body else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            with contextlib.suppress(ValueError):
                return json.loads(body, parse_constant=str)
            raise

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"


@dataclass
class Response:
    """What goes back. `cut` closes the connection after answer[:cut] (a fault)."""

    status: int = 200
    body: bytes | FileSlice = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None

    @property
    def length(self) -> int:
        return self.body.length if isinstance(self.body, FileSlice) else len(self.body)

    def parts(self, request: Request) -> Iterator[bytes]:
        """The bytes to send. Head and first piece of the body go together: two writes cost 40 ms each call."""
        body = iter([self.body]) if isinstance(self.body, bytes) else self.body.chunks()
        first = b"" if request.method == "HEAD" else next(body, b"")
        yield self._head(request) + first
        if request.method != "HEAD":
            yield from body

    def _head(self, request: Request) -> bytes:
        phrase = phrases.get(self.status, "")
        headers = dict(self.headers)
        if self.status not in (204, 304):
            headers.setdefault("Content-Length", str(self.length))
        headers["Connection"] = "keep-alive" if request.keep_alive else "close"
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def json_response(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`document` as JSON; `None` is the JSON null."""
    head = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return Response(status, msgspec.json.encode(document), head)

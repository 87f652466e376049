"""Bodies of requests: of a length that is told before, or in chunks."""

import re
from collections.abc import Iterator
from email.message import Message
from io import BufferedIOBase

from mlops_cli.errors import UsageError

MOST_BYTES = 1_000_000
MOST_LINE = 1024
"""A chunk tells its length in a line, which may say more that nobody reads."""


def read(headers: Message, stream: BufferedIOBase) -> bytes:
    """The whole body. Raises UsageError for one that is too large, cut off or of no known length."""
    coding, length = headers.get("Transfer-Encoding"), headers.get("Content-Length")
    if coding is None:
        return _exactly(stream, _number(length or "0", "[0-9]", 10))
    if coding.strip().lower() != "chunked" or length is not None:
        raise UsageError("send the body with its Content-Length, or in chunks")
    content = b""
    for chunk in _chunks(stream):
        content += chunk
        _check(len(content))
    return content


def _chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    while size := _number(_line(stream).partition(";")[0].strip(), "[0-9a-fA-F]", 16):
        yield _exactly(stream, size)
        _line(stream)
    while _line(stream):
        pass


def _line(stream: BufferedIOBase) -> str:
    return stream.readline(MOST_LINE).decode("latin-1").rstrip("\r\n")


def _number(text: str, digits: str, base: int) -> int:
    if not re.fullmatch(f"{digits}{{1,16}}", text):
        raise UsageError(f"{text[:40]!r} is no length of a body")
    return _check(int(text, base))


def _check(size: int) -> int:
    if size > MOST_BYTES:
        raise UsageError(f"the body is too large; send at most {MOST_BYTES:,} bytes")
    return size


def _exactly(stream: BufferedIOBase, size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise UsageError(f"the body ends after {len(content)} bytes of {size}")
    return content

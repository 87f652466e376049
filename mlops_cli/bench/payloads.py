"""What is sent: whole requests as bytes, encoded once before the run."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mlops_cli.bench.target import Target
from mlops_cli.errors import UsageError

_OURS = ("host", "content-length", "connection", "transfer-encoding")


class Payload:
    """One request. `expected` is the decoded answer that counts as right, `rows` how many it must have.

    `proven` is the last whole answer that was found right, byte for byte: the same bytes need no second look.
    `hits` counts how often it came again. `right_body` is the last body that was found right.
    """

    __slots__ = ("body", "expected", "hits", "proven", "request", "right_body", "rows", "size")

    def __init__(self, request: bytes, body: bytes, rows: int | None = None, expected: Any = None) -> None:
        self.request = request
        self.body = body
        self.size = len(request)
        self.rows = rows
        self.expected = expected
        self.proven: bytes | None = None
        self.right_body: bytes | None = None
        self.hits = 0


def encode(target: Target, body: bytes, headers: Mapping[str, str], *, keep_alive: bool) -> bytes:
    """A POST of `body`. Raises UsageError for a header that would break the request."""
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {target.authority}",
        f"Content-Length: {len(body)}",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
        *(f"{name}: {value}" for name, value in (_DEFAULTS | _checked(headers)).items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def build(
    target: Target,
    bodies: Sequence[bytes],
    headers: Mapping[str, str],
    *,
    keep_alive: bool = True,
    expected: Sequence[Any] | None = None,
) -> list[Payload]:
    """One payload per body; `expected` holds the right answers in the same order."""
    payloads = []
    for index, body in enumerate(bodies):
        request = encode(target, body, headers, keep_alive=keep_alive)
        answer = expected[index] if expected else None
        payloads.append(Payload(request, body, rows_in(body), answer))
    return payloads


def rows_in(body: bytes) -> int | None:
    """How many rows a scoring request has; None where that cannot be seen."""
    try:
        document = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    match document:
        case {"data": list(rows)} | {"Inputs": {"data": list(rows)}} | list(rows):
            return len(rows)
        case _:
            return None


_DEFAULTS = {"content-type": "application/json", "accept": "*/*", "user-agent": "mlops-bench"}


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        text = f"{name}{value}"
        if not name or any(ord(letter) < 32 or ord(letter) > 255 for letter in text) or ":" in name:
            raise UsageError(f"the header '{name}' has characters that a header cannot have")
        if name.lower() in _OURS:
            raise UsageError(f"the header '{name}' is set by the load test itself")
    return {name.lower(): value for name, value in headers.items()}

"""Bytes to requests: llhttp (httptools) parses, this file bounds what a peer may send."""

from collections import deque
from urllib.parse import unquote_to_bytes

import httptools

from mlops_cli.engine.serving.messages import Head, Refusal, Request
from mlops_cli.engine.serving.payload import too_large
from mlops_cli.engine.serving.spec import Limits

LONGEST_TARGET = 16_384


class RequestReader:
    """Appends complete requests to `complete`; `arriving` is the one that is not complete yet.

    A client that goes on sends the same head, byte for byte, with another body of the same length: such a request
    is known by its bytes, and is not parsed again.
    """

    def __init__(self, limits: Limits, max_body_bytes: int, complete: deque[Request | Refusal]) -> None:
        self.arriving: Request | None = None
        self.head_done = False
        self.expects_continue = False
        self._limits = limits
        self._max_body_bytes = max_body_bytes
        self._complete = complete
        self._parser = httptools.HttpRequestParser(self)
        self._body: list[bytes] = []
        self._size = 0
        self._head = b""
        self._known: Head | None = None
        self._known_size = 0

    def feed(self, data: bytes) -> None:
        """Read on. Refusal when the peer is not to be listened to any longer."""
        before = self.arriving
        if before is None:
            if (known := self._known) and len(data) == self._known_size and data.startswith(self._head):
                self._complete.append(Request(known, data[len(self._head) :]))
                return
            self._known, self._head = None, data
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self.arriving = None
            if isinstance(error.__context__, Refusal):
                raise error.__context__ from None
            raise Refusal(400, "BadRequest", f"this is not HTTP as it should be: {error}") from error
        if self.arriving is not None and self.arriving is before and not self.head_done:
            self._size += len(data)
            if self._size > self._limits.head_bytes:
                raise _head_too_large()

    # Called by the parser

    def on_message_begin(self) -> None:
        self.arriving = Request(Head())
        self.head_done = self.expects_continue = False
        self._body = []
        self._size = 0

    def on_url(self, part: bytes) -> None:
        self._request.head.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        headers = self._request.head.headers
        headers[name.lower()] = value
        self._size += len(name) + len(value)
        if self._size > self._limits.head_bytes or len(headers) > self._limits.headers:
            raise _head_too_large()

    def on_headers_complete(self) -> None:
        head = self._request.head
        self.head_done = True
        self._size = 0
        head.method = self._parser.get_method()
        head.version = self._parser.get_http_version().encode()
        if len(head.target) > LONGEST_TARGET:
            raise Refusal(414, "TargetTooLong", "the URL is too long, send the data with POST")
        path, _, head.query = _origin_form(head.target).partition(b"?")
        head.path = unquote_to_bytes(path) if b"%" in path else path
        if int(head.headers.get(b"content-length", b"0")) > self._max_body_bytes:
            raise too_large(self._max_body_bytes)
        if b"expect" in head.headers:
            self._expect(head.headers[b"expect"])

    def on_body(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._max_body_bytes:
            raise too_large(self._max_body_bytes)
        self._body.append(part)

    def on_message_complete(self) -> None:
        request = self._request
        head = request.head
        if self._parser.should_upgrade() and head.method != b"CONNECT":
            return
        request.body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        head.keep_alive = self._parser.should_keep_alive() and head.method != b"CONNECT"
        self._complete.append(request)
        self.arriving = None
        self._remember(request)

    # Inside

    def _remember(self, request: Request) -> None:
        """If the request is all that one piece of data held, and the next one may look the same."""
        data, length = self._head, len(request.body)
        self._head = b""
        if length and data.endswith(request.body) and _is_plain(request.head, length):
            head = data[: len(data) - length]
            if head.count(b"\r\n\r\n") == 1 and head.endswith(b"\r\n\r\n"):
                self._head, self._known, self._known_size = head, request.head, len(data)

    @property
    def _request(self) -> Request:
        assert self.arriving is not None
        return self.arriving

    def _expect(self, expectation: bytes) -> None:
        if expectation.lower() != b"100-continue":
            raise Refusal(417, "ExpectationFailed", "only 'Expect: 100-continue' is understood")
        self.expects_continue = self._request.head.version == b"1.1"

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1 with a client that offers h2c or a web socket, as RFC 9110 (7.8) allows.

        llhttp does not read the body of such a request, so its head is fed again without the offer.
        """
        request = self.arriving
        if request is None:
            return
        head = request.head
        kept = [item for item in head.headers.items() if item[0] not in (b"upgrade", b"connection")]
        lines = b"".join(b"%s: %s\r\n" % item for item in kept)
        self._parser = httptools.HttpRequestParser(self)
        self.feed(b"%s %s HTTP/%s\r\n%s\r\n" % (head.method, head.target, head.version, lines) + rest)


def _is_plain(head: Head, length: int) -> bool:
    headers = head.headers
    return (
        head.keep_alive
        and headers.get(b"content-length") == b"%d" % length
        and b"transfer-encoding" not in headers
        and b"expect" not in headers
        and b"upgrade" not in headers
    )


def _origin_form(target: bytes) -> bytes:
    """`/path?query` of a target that may be absolute, as sent to a proxy."""
    if not target.startswith((b"http://", b"https://")):
        return target
    return b"/" + target.split(b"/", 3)[3] if target.count(b"/") > 2 else b"/"


def _head_too_large() -> Refusal:
    return Refusal(431, "HeadTooLarge", "the header fields are too many or too large")

"""HTTP/1.x answers from bytes (RFC 9112): by length, in chunks, or up to the end of the connection."""

import re

MOST_HEAD_BYTES = 65_536
MOST_BODY_BYTES = 1 << 28
_START = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d)(?: |\r\n|$)")
_NO_BODY = (204, 304)
_MODEL = b"\r\nx-ms-run-fn-exec-ms:"
_LENGTH, _CODING, _CONNECTION = b"\r\ncontent-length:", b"\r\ntransfer-encoding:", b"\r\nconnection:"


class BadResponse(Exception):
    """What came is not an HTTP answer, or, with `cut_short`, only a part of one."""

    def __init__(self, message: str, *, cut_short: bool = False) -> None:
        super().__init__(message)
        self.cut_short = cut_short


class Answer:
    """One whole answer. `head` is lower-cased; `size` counts all bytes received; `reusable` says whether the
    connection may carry another request."""

    __slots__ = ("body", "head", "reusable", "size", "status")

    def __init__(self, status: int, head: bytes, body: bytes, size: int, *, reusable: bool) -> None:
        self.status = status
        self.head = head
        self.body = body
        self.size = size
        self.reusable = reusable

    def header(self, name: bytes) -> bytes | None:
        """The value of the first header called `name` (lower case)."""
        return _field(self.head, b"\r\n" + name + b":")

    @property
    def model_time(self) -> bytes | None:
        """Milliseconds that the model took, as Azure's inference server says."""
        return _field(self.head, _MODEL)


def read_whole(data: bytes) -> Answer | None:
    """The answer, where `data` is exactly one of known length, as nearly all are; otherwise None."""
    end = data.find(b"\r\n\r\n") + 4
    status = data[9:12]
    if end < 4 or not (data.startswith(b"HTTP/1.1 ") and status.isdigit() and b"200" <= status < b"600"):
        return None
    if data[12:13] not in (b" ", b"\r"):
        return None
    head = data[: end - 2].lower()
    length = _field(head, _LENGTH)
    if length is None or not length.isdigit() or end + int(length) != len(data) or _CODING in head:
        return None
    reusable = b"close" not in (_field(head, _CONNECTION) or b"")
    return Answer(int(status), head, data[end:], len(data), reusable=reusable)


class Reader:
    """Collects one answer. `feed` what arrives, `end` when the other side has closed."""

    __slots__ = (
        "_body_at",
        "_buffer",
        "_chunk_at",
        "_chunked",
        "_chunks",
        "_head",
        "_length",
        "_reusable",
        "_status",
    )

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._body_at = 0

    def feed(self, data: bytes) -> Answer | None:
        """The answer once it is whole. Raises BadResponse."""
        self._buffer += data
        while not self._body_at:
            if not self._read_head():
                return None
        if self._chunked:
            return self._read_chunks()
        if self._length is None:
            self._limit(len(self._buffer))
            return None
        end = self._body_at + self._length
        return self._whole(self._buffer[self._body_at : end], end) if len(self._buffer) >= end else None

    def end(self) -> Answer:
        """The answer that the end of the connection completes. Raises BadResponse when it cut one short."""
        if not self._buffer:
            raise BadResponse("the connection was closed without an answer", cut_short=True)
        if not self._body_at:
            raise BadResponse("the connection was closed within the headers of the answer", cut_short=True)
        if self._chunked or self._length is not None:
            got = len(self._buffer) - self._body_at
            raise BadResponse(
                f"the connection was closed after {got} bytes of the answer's body", cut_short=True
            )
        return self._whole(self._buffer[self._body_at :], len(self._buffer), reusable=False)

    def _read_head(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MOST_HEAD_BYTES or not _could_start(self._buffer):
                raise BadResponse("what came is not HTTP/1.x")
            return False
        head = bytes(self._buffer[: end + 2])
        start = _START.match(head)
        if not start:
            raise BadResponse("what came is not HTTP/1.x")
        self._status = int(start[2])
        if self._status < 200:
            if self._status == 101:
                raise BadResponse("the server wants to switch protocols")
            del self._buffer[: end + 4]
            return self._read_head()
        self._head = head.lower()
        self._body_at = end + 4
        self._frame(old=start[1] == b"0")
        return True

    def _frame(self, *, old: bool) -> None:
        """How the body ends and whether the connection lives on (RFC 9112, sections 6.3 and 9.3)."""
        coding = _field(self._head, _CODING)
        self._chunked = coding is not None and coding.rpartition(b",")[2].strip() == b"chunked"
        self._chunk_at = self._body_at
        self._chunks: list[bytes] = []
        self._length = self._content_length() if coding is None else None
        connection = _field(self._head, _CONNECTION) or b""
        self._reusable = b"keep-alive" in connection if old else b"close" not in connection

    def _content_length(self) -> int | None:
        if self._status in _NO_BODY:
            return 0
        text = _field(self._head, _LENGTH)
        if text is None:
            return None
        if not text.isdigit():
            raise BadResponse(f"the answer's content-length is '{text.decode('latin-1')}'")
        self._limit(int(text))
        return int(text)

    def _read_chunks(self) -> Answer | None:
        while (end := self._buffer.find(b"\r\n", self._chunk_at)) >= 0:
            size = _chunk_size(self._buffer[self._chunk_at : end])
            self._limit(self._chunk_at + size)
            if size == 0:
                return self._read_trailer(end + 2)
            if len(self._buffer) < end + 2 + size + 2:
                return None
            self._chunks.append(bytes(self._buffer[end + 2 : end + 2 + size]))
            self._chunk_at = end + 2 + size + 2
            if self._buffer[self._chunk_at - 2 : self._chunk_at] != b"\r\n":
                raise BadResponse("a chunk of the answer is longer than it says")
        return None

    def _read_trailer(self, at: int) -> Answer | None:
        while (end := self._buffer.find(b"\r\n", at)) >= 0:
            if end == at:
                return self._whole(b"".join(self._chunks), end + 2)
            at = end + 2
        return None

    def _whole(self, body: bytes | bytearray, end: int, *, reusable: bool = True) -> Answer:
        size = len(self._buffer)
        clean = reusable and self._reusable and end == size
        return Answer(self._status, self._head, bytes(body), size, reusable=clean)

    def _limit(self, size: int) -> None:
        if size > MOST_BODY_BYTES:
            raise BadResponse(f"the answer is longer than {MOST_BODY_BYTES >> 20} MiB")


def _field(head: bytes, name: bytes) -> bytes | None:
    """The value of a header; `name` with the line break before it and its colon."""
    at = head.find(name)
    if at < 0:
        return None
    begin = at + len(name)
    return head[begin : head.find(b"\r\n", begin)].strip()


def _could_start(data: bytearray) -> bool:
    return data[:7] == b"HTTP/1."[: len(data)]


def _chunk_size(line: bytearray) -> int:
    digits = bytes(line.partition(b";")[0]).strip()
    if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", digits):
        raise BadResponse("a chunk of the answer has no size")
    return int(digits, 16)

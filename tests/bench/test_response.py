"""HTTP answers from bytes, however they are cut."""

import pytest

from mlops_cli.bench.response import MOST_BODY_BYTES, MOST_HEAD_BYTES, Answer, BadResponse, Reader, read_whole

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello"
CHUNKS = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;name=value\r\nhello\r\n1\r\n \r\nA\r\nworld12345\r\n0\r\nTrailer: x\r\n\r\n"
)
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + LENGTH
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
OLD = b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: Keep-Alive\r\n\r\nhi"


def read(*pieces: bytes) -> Answer | None:
    reader = Reader()
    answer = None
    for piece in pieces:
        assert answer is None, "the answer was whole before its last piece"
        answer = reader.feed(piece)
    return answer


@pytest.mark.parametrize(
    ("data", "status", "body"),
    [
        (LENGTH, 200, b"hello"),
        (CHUNKS, 200, b"hello world12345"),
        (INTERIM, 200, b"hello"),
        (EMPTY, 204, b""),
        (OLD, 200, b"hi"),
    ],
    ids=["length", "chunks", "interim", "empty", "old"],
)
def test_an_answer_is_the_same_however_it_is_cut(data: bytes, status: int, body: bytes) -> None:
    for answer in (read(data), read(*(data[i : i + 1] for i in range(len(data))))):
        assert answer is not None
        assert (answer.status, answer.body, answer.reusable) == (status, body, True)
    for cut in range(1, len(data)):
        answer = read(data[:cut], data[cut:])
        assert answer is not None
        assert answer.body == body


@pytest.mark.parametrize(
    "data", [LENGTH, CHUNKS, INTERIM, EMPTY, OLD, b"", b"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n"]
)
def test_the_short_way_reads_whole_answers_only_and_reads_them_alike(data: bytes) -> None:
    short = read_whole(data)
    assert (short is not None) == (data == LENGTH)
    for cut in range(len(data)):
        assert read_whole(data[:cut]) is None
    assert read_whole(data + b"x") is None
    if short:
        long = read(data)
        assert long is not None
        names = ("status", "head", "body", "size", "reusable")
        assert [getattr(short, name) for name in names] == [getattr(long, name) for name in names]


def test_headers_are_found_by_lower_case_name() -> None:
    answer = read(LENGTH)
    assert answer is not None
    assert answer.header(b"x-a") == b"b"
    assert answer.header(b"a") is None
    assert answer.size == len(LENGTH)


@pytest.mark.parametrize(
    ("start", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: Upgrade, Close\r\n", False),
        (b"HTTP/1.0 200 OK\r\n", False),
        (b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n", True),
        (b"HTTP/1.1 200\r\n", True),
    ],
)
def test_whether_the_connection_lives_on(start: bytes, reusable: bool) -> None:
    answer = read(start + b"Content-Length: 0\r\n\r\n")
    assert answer is not None
    assert answer.reusable is reusable


def test_leftovers_behind_an_answer_end_the_connection_not_the_answer() -> None:
    answer = read(LENGTH + b"HTTP/1.1 200 OK")
    assert answer is not None
    assert (answer.body, answer.reusable) == (b"hello", False)


def test_a_body_without_length_ends_with_the_connection() -> None:
    reader = Reader()
    assert reader.feed(b"HTTP/1.1 200 OK\r\n\r\nhel") is None
    assert reader.feed(b"lo") is None
    answer = reader.end()
    assert (answer.body, answer.reusable) == (b"hello", False)


@pytest.mark.parametrize("data", [b"", LENGTH[:10], LENGTH[:-1], CHUNKS[:-1], CHUNKS[:70]])
def test_an_answer_cut_short_is_said_to_be(data: bytes) -> None:
    reader = Reader()
    reader.feed(data)
    with pytest.raises(BadResponse) as caught:
        reader.end()
    assert caught.value.cut_short


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1 9 No\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * MOST_HEAD_BYTES,
    ],
)
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(BadResponse) as caught:
        read(data)
    assert not caught.value.cut_short


def test_an_endless_body_is_refused() -> None:
    reader = Reader()
    reader.feed(b"HTTP/1.1 200 OK\r\n\r\n")
    piece = bytes(1 << 24)
    for _ in range(MOST_BODY_BYTES // len(piece) - 1):
        assert reader.feed(piece) is None
    reader.feed(piece[:-100])
    with pytest.raises(BadResponse, match="longer than 256 MiB"):
        reader.feed(piece)

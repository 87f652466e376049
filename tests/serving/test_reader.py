"""Requests that look like the one before are known by their bytes: the same comes out as when they are parsed."""

from collections import deque
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_cli.engine.serving.messages import Head, Refusal, Request
from mlops_cli.engine.serving.reader import RequestReader
from mlops_cli.engine.serving.spec import Limits
from tests.serving.harness import request

BODIES = st.sampled_from([b'{"a":1}', b'{"a":2}', b"\r\n\r\nabc", b"GET / H", b"longer body", b""])
HEADERS = st.sampled_from(
    [{}, {"Authorization": "Bearer one"}, {"Connection": "keep-alive"}, {"Expect": "100-continue"}]
)
REQUESTS = st.builds(
    request,
    st.just("POST"),
    st.sampled_from(["/score", "/other"]),
    BODIES,
    HEADERS,
)


def reader() -> tuple[RequestReader, deque[Request | Refusal]]:
    complete: deque[Request | Refusal] = deque()
    return RequestReader(Limits(), 1000, complete), complete


def told(found: Request | Refusal) -> tuple[Any, ...]:
    assert isinstance(found, Request)
    return (found.body, *(getattr(found.head, name) for name in Head.__slots__))


def alone(data: bytes) -> tuple[Any, ...]:
    fresh, complete = reader()
    fresh.feed(data)
    return told(complete.pop())


@settings(max_examples=300, deadline=None)
@given(st.lists(REQUESTS, min_size=1, max_size=6), st.lists(st.integers(1, 400), max_size=5), st.booleans())
def test_pieces_make_no_difference(requests: list[bytes], cuts: list[int], repeat: bool) -> None:
    requests = [data for data in requests for _ in range(1 + repeat)]
    stream = b"".join(requests)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    ends = {sum(map(len, requests[: i + 1])) for i in range(len(requests))}
    edges = sorted({*edges, *ends}) if not cuts else edges
    fed, complete = reader()
    for start, stop in pairwise(edges):
        fed.feed(stream[start:stop])
    assert [told(found) for found in complete] == [alone(data) for data in requests]


def test_the_second_request_is_not_parsed() -> None:
    fed, complete = reader()
    for body in (b'{"a":1}', b'{"a":2}'):
        fed.feed(request("POST", "/score", body))
    first, second = complete
    assert isinstance(first, Request)
    assert isinstance(second, Request)
    assert second.head is first.head
    assert (first.body, second.body) == (b'{"a":1}', b'{"a":2}')


def test_another_key_is_another_request() -> None:
    fed, complete = reader()
    for key in ("Bearer one", "Bearer two"):
        fed.feed(request("POST", "/score", b"{}", {"Authorization": key}))
    keys = [found.head.headers[b"authorization"] for found in complete if isinstance(found, Request)]
    assert keys == [b"Bearer one", b"Bearer two"]


def test_two_requests_in_one_piece_stay_two() -> None:
    fed, complete = reader()
    both = request("POST", "/score", b"{}") * 2
    for piece in (both, both):
        fed.feed(piece)
    assert [found.body for found in complete if isinstance(found, Request)] == [b"{}"] * 4

"""When bytes came, by the kernel's stamp."""

import socket
import struct
import sys
from collections.abc import Iterator
from time import perf_counter

import pytest

from mlops_cli.bench import arrivals
from mlops_cli.bench.arrivals import SO_TIMESTAMPNS, KernelClock

CLOSE = 1e-4
"""Seconds that two readings of different clocks may lie apart."""


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    with client, server:
        yield client, server


def _spin(seconds: float) -> None:
    until = perf_counter() + seconds
    while perf_counter() < until:
        pass


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux stamps what a TCP socket receives"
)
def test_bytes_count_from_when_they_were_sent_not_from_when_they_are_read(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """The kernel takes its time to switch stamping on: until then the stamp is that of the reading."""
    client, server = pair
    assert arrivals.ask(client)
    clock = KernelClock()
    deadline = perf_counter() + 10
    while True:
        before = perf_counter()
        server.send(b"answer")
        after = perf_counter()
        _spin(0.005)
        data, ancillary, _, _ = client.recvmsg(100, arrivals.ROOM)
        read = perf_counter()
        assert data == b"answer"
        at = clock.arrival(ancillary, before - CLOSE, read)
        if at <= after + CLOSE:
            break
        assert read < deadline, "no stamp came from before the reading"
    assert before - CLOSE <= at < read


def test_without_a_stamp_bytes_came_when_they_were_read(pair: tuple[socket.socket, socket.socket]) -> None:
    client, server = pair
    server.send(b"answer")
    _, ancillary, _, _ = client.recvmsg(100, arrivals.ROOM)
    assert ancillary == []
    assert KernelClock().arrival(ancillary, 1.0, 2.0) == 2.0


@pytest.mark.parametrize("seconds", [-3600, 3600], ids=["before the question", "in the future"])
def test_a_stamp_that_cannot_be_true_is_not_believed(seconds: int) -> None:
    """The wall clock was set while the request was under way."""
    stamp = struct.pack("qq", arrivals.BASE_SECONDS + seconds, 0)
    ancillary = [(socket.SOL_SOCKET, SO_TIMESTAMPNS, stamp)]
    now = perf_counter()
    assert KernelClock().arrival(ancillary, now - 1, now) == now

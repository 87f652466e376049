"""When bytes arrived, by the kernel's own stamp: however late this process wakes up, it is not the server's time.

Linux stamps what it receives with CLOCK_REALTIME (SO_TIMESTAMPNS, socket(7)) and hands the stamp over with the
data; for TCP it is that of the last byte returned. On loopback it is set by the sender's own system call.
"""

import socket
import struct
import sys
from contextlib import suppress
from time import CLOCK_REALTIME, clock_gettime_ns, perf_counter

SO_TIMESTAMPNS = 35
"""Of Linux on all but a few architectures; the `socket` module does not name it."""
ROOM = socket.CMSG_SPACE(16) if hasattr(socket, "CMSG_SPACE") else 0
BASE_SECONDS = clock_gettime_ns(CLOCK_REALTIME) // 10**9
"""Seconds are counted from here: a float of today's date keeps only a quarter of a microsecond."""
TRIES = 3
_Stamp = struct.Struct("qq")


def ask(sock: socket.socket, *, wanted: bool = True) -> bool:
    """Ask the kernel to stamp what `sock` receives, or no longer to; whether it will."""
    if not sys.platform.startswith("linux"):
        return False
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, int(wanted))
        return wanted
    return False


class KernelClock:
    """Translates stamps to `perf_counter`. The wall clock may be set meanwhile: hence `synchronise`, often."""

    def __init__(self) -> None:
        self.synchronise()

    def synchronise(self) -> None:
        """Read both clocks together; of some tries the one that was least interrupted counts."""
        _, self._ahead = min(_difference() for _ in range(TRIES))

    def arrival(self, ancillary: list[tuple[int, int, bytes]], earliest: float, latest: float) -> float:
        """The stamp in seconds of `perf_counter`; `latest` where there is none, or none between the two."""
        for _, kind, data in ancillary:
            if kind == SO_TIMESTAMPNS and len(data) == _Stamp.size:
                seconds, nanoseconds = _Stamp.unpack(data)
                at: float = seconds - BASE_SECONDS + nanoseconds * 1e-9 - self._ahead
                return at if earliest <= at <= latest else latest
        return latest


def _difference() -> tuple[float, float]:
    """How long it took to read both clocks, and by how much the wall clock is ahead (seconds)."""
    began = perf_counter()
    wall = (clock_gettime_ns(CLOCK_REALTIME) - BASE_SECONDS * 10**9) * 1e-9
    ended = perf_counter()
    return ended - began, wall - (began + ended) / 2

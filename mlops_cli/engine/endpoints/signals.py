"""Signals as something to wait for beside file descriptors."""

import contextlib
import select
import signal
import socket
from collections.abc import Callable, Iterable, Iterator

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Waker:
    """`wait` returns early when a signal has come."""

    def __init__(self, receiver: socket.socket) -> None:
        self._receiver = receiver

    def wait(self, fds: Iterable[int], seconds: float) -> bool:
        """Sleep until a signal comes or one of `fds` can be read, at most `seconds`; whether something came."""
        found = select.select([self._receiver.fileno(), *fds], [], [], seconds)[0]
        if self._receiver.fileno() in found:
            self._receiver.recv(4096)
        return bool(found)


@contextlib.contextmanager
def woken_by_signals(on_signal: Callable[[int], None]) -> Iterator[Waker]:
    """For as long as the context lasts, `on_signal` is called for SIGTERM, SIGINT, SIGHUP and SIGCHLD."""
    receiver, sender = socket.socketpair()
    with receiver, sender:
        receiver.setblocking(False)
        sender.setblocking(False)
        old_fd = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        old = {number: signal.signal(number, lambda got, _frame: on_signal(got)) for number in SIGNALS}
        try:
            yield Waker(receiver)
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(old_fd)


def signal_name(number: int) -> str:
    """SIGTERM; SIGRTMIN+6 for one without a name of its own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"

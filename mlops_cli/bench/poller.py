"""Waiting for many sockets: epoll where there is one, otherwise what `selectors` finds."""

import select
import selectors
from typing import Protocol

READ = 1
WRITE = 4
"""The values of EPOLLIN and EPOLLOUT."""


class Poller(Protocol):
    def register(self, fd: int, interest: int) -> None: ...

    def modify(self, fd: int, interest: int) -> None: ...

    def unregister(self, fd: int) -> None: ...

    def poll(self, timeout: float, most: int = -1) -> list[tuple[int, int]]:
        """What is ready within `timeout` seconds, rounded up to milliseconds."""
        ...

    def poll_finely(self, timeout: float) -> list[tuple[int, int]]:
        """The same to the microsecond, for one more system call."""
        ...

    def close(self) -> None: ...


class Epoll:
    """`select.epoll` itself, without a layer between: its methods are called a million times."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self.register = self._epoll.register
        self.modify = self._epoll.modify
        self.unregister = self._epoll.unregister
        self.poll = self._epoll.poll
        self.close = self._epoll.close
        self._alone = [self._epoll.fileno()]

    def poll_finely(self, timeout: float) -> list[tuple[int, int]]:
        ready, _, _ = select.select(self._alone, (), (), timeout)
        return self.poll(0) if ready else []


class AnySelector:
    """kqueue, poll or select, spoken to as if it were epoll."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.close = self._selector.close

    def register(self, fd: int, interest: int) -> None:
        self._selector.register(fd, _translated(interest))

    def modify(self, fd: int, interest: int) -> None:
        self._selector.modify(fd, _translated(interest))

    def unregister(self, fd: int) -> None:
        self._selector.unregister(fd)

    def poll(self, timeout: float, most: int = -1) -> list[tuple[int, int]]:
        return [(key.fd, mask) for key, mask in self._selector.select(timeout)][: most if most > 0 else None]

    def poll_finely(self, timeout: float) -> list[tuple[int, int]]:
        return self.poll(timeout)


def _translated(interest: int) -> int:
    read = selectors.EVENT_READ if interest & READ else 0
    return read | (selectors.EVENT_WRITE if interest & WRITE else 0)


def make() -> Poller:
    return Epoll() if hasattr(select, "epoll") else AnySelector()

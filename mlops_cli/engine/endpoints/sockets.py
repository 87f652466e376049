"""Listening sockets, shared out among the workers. None is closed while its endpoint lives: what replaces a worker
inherits the queues of waiting clients, and where fewer workers replace many, each of them inherits several.
"""

import contextlib
import socket
from collections.abc import Collection, Iterable, Sequence

import psutil

from mlops_cli.engine.serving.spec import BACKLOG
from mlops_cli.errors import StateError, UsageError

HOST = "127.0.0.1"


def bound(port: int) -> socket.socket:
    """A socket that shares `port` with the others of its endpoint, and gets no client before it listens."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    made.bind((HOST, port))
    return made


def listen(port: int) -> socket.socket:
    made = bound(port)
    made.listen(BACKLOG)
    return made


def listen_first(port: int, workers: int) -> list[socket.socket]:
    """As many listening sockets on `port` as workers. Raises UsageError when another process uses it."""
    check_unused(port)
    return [listen(port) for _ in range(workers)]


def refuse_clients(one: socket.socket) -> None:
    """Until it listens again."""
    with contextlib.suppress(OSError):  # it has never listened
        one.shutdown(socket.SHUT_RDWR)


def numbers(listening: Iterable[socket.socket]) -> list[int]:
    """Their file descriptors."""
    return [one.fileno() for one in listening]


def adopt(fds: Sequence[int]) -> list[socket.socket]:
    """The sockets behind inherited file descriptors."""
    return [socket.socket(fileno=fd) for fd in fds]


def free_port(taken: Collection[int] = ()) -> int:
    """A port that nobody uses and that is not in `taken`."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            return port
    raise StateError("found no free port", hint="give one: --port PORT")


def check_unused(port: int) -> None:
    """Raise UsageError naming the process that uses `port`, where the system tells.

    SO_REUSEPORT would let us share the port of any process of this user; a bind without it tells.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise UsageError(f"port {port} needs root", hint="choose one above 1023: --port PORT") from None
        except OSError:
            raise UsageError(
                f"port {port} is in use{_by(port)}", hint="choose another: --port PORT"
            ) from None


def _by(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
            if listens and connection.pid:
                return f" by {_named(psutil.Process(connection.pid))}"
    except psutil.Error:
        pass
    return ""


def _named(process: psutil.Process) -> str:
    return f"{process.name()} (process {process.pid})"

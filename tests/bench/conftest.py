"""Sessions on loopback servers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mlops_cli.bench.plan import Manner
from mlops_cli.bench.session import Aim, Session
from mlops_cli.bench.target import open_target
from tests.bench.server import Server

ROWS = [b'{"data": [{"a": 1}, {"a": 2}]}', b'{"data": [{"a": 3}]}']
Opener = Callable[..., Session]


@pytest.fixture
def aim_at() -> Iterator[Opener]:
    """Opens a session on a server; keyword arguments go to Manner, and `aim` to Aim."""
    opened: list[Session] = []

    def go(server: Server, bodies: list[bytes] | None = None, *, aim: Any = None, **manner: Any) -> Session:
        target = open_target(server.url, insecure=True)
        session = Session(Aim("toy", target, bodies or ROWS, **(aim or {})), Manner(**manner))
        opened.append(session)
        return session

    yield go
    for session in opened:
        session.__exit__(None, None, None)

"""The pipeline server seen from outside: started when it is needed, found, stopped."""

import sys
import time
from pathlib import Path

from mlops_cli.engine.holding import is_held
from mlops_cli.engine.pipelines import layout
from mlops_cli.engine.pipelines.server import (
    SERVER_LOCK,
    SUPERVISOR_LOCK,
    Address,
    read_address,
    read_supervisor,
)
from mlops_cli.engine.processes import start_detached
from mlops_cli.errors import WorkFailedError

START_SECONDS = 30.0
POLL_SECONDS = 0.02


def ensure(home: Path) -> Address:
    """The address of the server, which is started unless it and its supervisor run."""
    folder = layout.server_dir(home)
    if not is_held(folder / SUPERVISOR_LOCK):
        command = [sys.executable, "-m", "mlops_cli.engine.pipelines.server", str(home)]
        start_detached(command, log=layout.server_log(home), env={})
    deadline = time.monotonic() + START_SECONDS
    while True:
        address = running(home)
        if address:
            return address
        if time.monotonic() > deadline:
            raise WorkFailedError("the pipeline server does not start", hint=f"see {layout.server_log(home)}")
        time.sleep(POLL_SECONDS)


def known(home: Path) -> Address | None:
    """Where the server listens, or will when it is started again; None before its first start."""
    return read_address(layout.server_dir(home))


def running(home: Path) -> Address | None:
    """The address of the server when it answers."""
    folder = layout.server_dir(home)
    address = read_address(folder)
    alive = address and address.server and address.server.is_alive() and is_held(folder / SERVER_LOCK)
    return address if alive else None


def stop(home: Path) -> bool:
    """End the server and its supervisor; whether there was one. Runs go on.

    A server may have waited behind it, whose own supervisor was killed: that is ended as soon as it has come up.
    """
    folder = layout.server_dir(home)
    ended = _end(folder)
    deadline = time.monotonic() + START_SECONDS
    while is_held(folder / SERVER_LOCK) and time.monotonic() < deadline:
        ended = _end(folder) or ended
        time.sleep(POLL_SECONDS)
    return ended


def _end(folder: Path) -> bool:
    address = read_address(folder)
    processes = [read_supervisor(folder), address.server if address else None]
    ended = [process.terminate() for process in processes if process]
    return any(ended)

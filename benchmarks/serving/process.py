"""A server's processes: started, timed to the first answer, weighed, ended."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil

PATIENCE = 90.0


class Address(NamedTuple):
    """Where to POST `body`; with `key` unless it is empty."""

    url: str
    body: bytes
    key: str = ""


class Server(NamedTuple):
    address: Address
    pid: int
    seconds_to_first_answer: float

    def memory(self) -> tuple[float, float]:
        """MB of resident and of proportional memory of all its processes."""
        resident, proportional = 0.0, 0.0
        for process in tree(self.pid):
            with contextlib.suppress(psutil.Error):
                found = process.memory_full_info()
                resident += found.rss / 1e6
                proportional += found.pss / 1e6
        return resident, proportional


@contextlib.contextmanager
def running(command: list[str], env: dict[str, str], address: Address, log: Path) -> Iterator[Server]:
    """Start the server in a session of its own; raises RuntimeError with its last lines when it does not answer."""
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **env}, stdout=output, stderr=output, start_new_session=True
        )
    try:
        while not answers(address):
            if process.poll() is not None or time.perf_counter() - started > PATIENCE:
                raise RuntimeError(log.read_text(errors="replace")[-1500:])
            time.sleep(0.02)
        yield Server(address, process.pid, time.perf_counter() - started)
    finally:
        end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Whatever it has started goes with it."""
    children = tree(process.pid)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    psutil.wait_procs(children, timeout=5)
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.kill()
    process.wait()


def tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def answers(address: Address) -> bool:
    """Whether the service answers the rows with 200."""
    parts = urlsplit(address.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {address.key}"} if address.key else {}
    try:
        connection.request("POST", parts.path, address.body, headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

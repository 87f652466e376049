"""A state directory with endpoints in it, and clients that notice a lost request."""

import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from mlops_cli import paths
from mlops_cli.backends.local.endpoints import LocalEndpoints
from mlops_cli.domain.deployment import DeployRequest, Phase
from mlops_cli.domain.endpoints import DeploySettings, Endpoint
from mlops_cli.engine import models
from mlops_cli.engine.endpoints import control, layout
from mlops_cli.engine.endpoints.layout import Status
from mlops_cli.engine.store import Store

GOOD = """
import json, os

def init():
    print("loading")

def run(data):
    rows = json.loads(data)["data"]
    if rows[0].get("kill"):
        os.kill(os.getpid(), 9)
    return json.dumps({"result": ["ANSWER" for _ in rows]})
"""
SAMPLE = {"data": [{"age": 17}]}


def until(check: Callable[[], Any], seconds: float = 30) -> Any:
    """The first true value of `check`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := check():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {check}")


def cut_power(status: Status) -> None:
    """Kill the supervisor, which is stopped first, and its workers, who must not see it die."""
    found = control.processes(status)
    assert found[0] == status.supervisor
    os.kill(status.supervisor.pid, signal.SIGSTOP)
    for process in reversed(found):
        os.kill(process.pid, signal.SIGKILL)
    until(lambda: not control.processes(status))


class World:
    """Endpoints below a folder, with an entry script that can be rewritten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.store = Store(self.home)
        self.endpoints = LocalEndpoints(self.store)
        self.script = folder / "score.py"
        self.sample = folder / "sample.json"
        self.sample.write_text(json.dumps(SAMPLE))
        self.write_script("one")
        self.phases: list[Phase] = []

    def write_script(self, answer: str, text: str = GOOD) -> None:
        self.script.write_text(text.replace("ANSWER", answer))

    def request(self, name: str = "demo", *, sample: bool = True, **settings: Any) -> DeployRequest:
        chosen = DeploySettings(**settings)
        return DeployRequest(name, chosen, entry_script=self.script, sample=self.sample if sample else None)

    def deploy(self, name: str = "demo", **settings: Any) -> tuple[Endpoint, bool]:
        self.phases.clear()
        return self.endpoints.deploy(self.request(name, **settings), self.phases.append)

    def service(self, name: str = "demo") -> Path:
        return paths.endpoint_dir(self.home, name)

    def status(self, name: str = "demo") -> Status:
        status = layout.read_status(self.service(name))
        assert status is not None
        return status

    def worker_pids(self, name: str = "demo") -> list[int]:
        return [worker.process.pid for worker in self.status(name).workers if worker.process]

    def kill(self, *pids: int) -> None:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    def kill_everything(self, name: str = "demo") -> None:
        """As a power cut: nobody has the time to start anybody else."""
        cut_power(self.status(name))

    def register(self, folder: Path, name: str) -> None:
        models.register(self.store, folder, name)

    def close(self) -> None:
        for endpoint in self.store.endpoints.all():
            self.endpoints.delete(endpoint.name)


def post(port: int, key: str | None, payload: Any = SAMPLE, timeout: float = 20) -> tuple[int, Any]:
    """Status and body of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        connection.request("POST", "/score", json.dumps(payload), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


class Load:
    """Clients that ask all the time, each request on a new connection; `lost` says what went wrong."""

    def __init__(self, port: int, key: str | None, clients: int = 2, payload: Any = SAMPLE) -> None:
        self.answers: dict[Any, int] = {}
        self.lost: list[str] = []
        self._stop = threading.Event()
        self._port, self._key, self._payload = port, key, payload
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        until(lambda: self.answers or self.lost)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                status, body = post(self._port, self._key, self._payload)
            except OSError as error:
                self.lost.append(repr(error))
                continue
            except http.client.HTTPException as error:
                self.lost.append(repr(error))
                continue
            if status == 200:
                self.answers[body] = self.answers.get(body, 0) + 1
            else:
                self.lost.append(f"{status} {body}")

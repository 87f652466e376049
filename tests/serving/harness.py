"""Real workers on loopback sockets, and a client that speaks to them byte by byte."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mlops_cli.engine.serving.spec import Secrets, ServiceSpec

SECRETS = Secrets("first-key", "second-key", "token-secret")
KEY = {"Authorization": "Bearer first-key"}
PATIENCE = 20.0

AGES = """
import json

def init():
    pass

def run(rows):
    return json.dumps({"result": ["yes" if float(row["age"] or 0) < 50 else "no" for row in rows]})
"""

SCHEMA = {
    "task": "classification",
    "label": "y",
    "inputs": [
        {"name": "age", "type": "integer", "minimum": 17, "maximum": 98},
        {"name": "job", "type": "string", "categories": ["admin.", "student"]},
        {"name": "rate", "type": "number"},
    ],
    "output_type": "string",
    "classes": ["no", "yes"],
    "example": [{"age": 41, "job": "student", "rate": 1.5}],
}
ROWS = [{"age": 17, "job": "student", "rate": 1.5}, {"age": 87, "job": "admin.", "rate": None}]


def until(condition: Callable[[], Any]) -> Any:
    """The first true value of `condition`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def write_service(
    folder: Path, script: str = AGES, *, schema: dict[str, Any] | None = None, **spec: Any
) -> Path:
    """A service directory with this entry script; rows are checked when there is a schema."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "score.py").write_text(script)
    if schema:
        (folder / "schema.json").write_text(json.dumps(schema))
        spec = {"schema_file": "schema.json", "payload": "rows", **spec}
    write_spec(folder, ServiceSpec(name="bank", entry_script="score.py", **spec))
    write_secrets(folder, SECRETS)
    return folder


def write_spec(folder: Path, spec: ServiceSpec) -> None:
    _replace(folder / "service.json", msgspec.json.encode(spec))


def write_secrets(folder: Path, secrets: Secrets) -> None:
    _replace(folder / "secrets.json", msgspec.json.encode(secrets))


def _replace(path: Path, content: bytes) -> None:
    path.with_suffix(".new").write_bytes(content)
    path.with_suffix(".new").replace(path)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@dataclass
class Answer:
    """One HTTP response, taken apart. `raw` is all of it."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One TCP connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._rest = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> "Client":
        self.socket.sendall(data)
        return self

    def read(self, *, head: bool = False) -> Answer:
        """The next response; `head` when its body is not sent."""
        while b"\r\n\r\n" not in self._rest:
            self._more()
        top, _, self._rest = self._rest.partition(b"\r\n\r\n")
        status, *fields = top.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1)[0:1] + line.split(": ", 1)[1:] for line in fields)
        size = 0 if head or status.split()[1] == "100" else int(headers["content-length"])
        while len(self._rest) < size:
            self._more()
        body, self._rest = self._rest[:size], self._rest[size:]
        return Answer(int(status.split()[1]), headers, body, top + b"\r\n\r\n" + body)

    def at_end(self) -> bool:
        """Whether the server has ended the connection and sent nothing more."""
        try:
            return self._rest == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _more(self) -> None:
        data = self.socket.recv(65_536)
        if not data:
            raise EOFError(self._rest)
        self._rest += data


def request(
    method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, version: str = "1.1"
) -> bytes:
    fields = {"Host": "localhost", **(headers or {})}
    if body and "Transfer-Encoding" not in fields:
        fields.setdefault("Content-Length", str(len(body)))
    text = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/{version}\r\n{text}\r\n".encode() + body


@dataclass
class Worker:
    """A worker process. `alive` is our end of the pipe that tells it that we live."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]
    readiness: bytes
    alive: int
    stderr: bytes = b""
    clients: list[Client] = field(default_factory=list)

    def connect(self) -> Client:
        client = Client(self.port)
        self.clients.append(client)
        return client

    def ask(self, method: str, path: str, body: Any = b"", headers: dict[str, str] | None = None) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        with Client(self.port) as client:
            return client.send(request(method, path, content, headers)).read(head=method == "HEAD")

    def score(self, body: Any, headers: dict[str, str] | None = None) -> Answer:
        return self.ask("POST", "/score", body, {**KEY, **(headers or {})})

    def log(self) -> list[dict[str, Any]]:
        return lines(self.folder / "service.log")

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        for client in self.clients:
            client.socket.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        if self.alive >= 0:
            os.close(self.alive)


def start(folder: Path, *, on_orphaned: Sequence[str] = ()) -> Worker:
    """Start a worker and wait until it is ready or has failed."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    ready, ready_end = os.pipe()
    alive_end, alive = os.pipe()
    command = [sys.executable, "-m", "mlops_cli.engine.serving", str(folder), "--fd", str(listening.fileno())]
    command += ["--ready-fd", str(ready_end), "--alive-fd", str(alive_end)]
    command += ["--on-orphaned", *on_orphaned] if on_orphaned else []
    fds = (listening.fileno(), ready_end, alive_end)
    process = subprocess.Popen(command, pass_fds=fds, stderr=subprocess.PIPE)
    os.close(ready_end)
    os.close(alive_end)
    with os.fdopen(ready, "rb") as pipe:
        readiness = pipe.read()
    worker = Worker(folder, listening.getsockname()[1], process, readiness, alive)
    listening.close()
    if readiness != b"ready\n":
        worker.stderr = process.communicate(timeout=PATIENCE)[1]
    return worker

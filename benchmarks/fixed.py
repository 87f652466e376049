"""The fixed server (`fixed_server.c`) compiled and run, the load tools measured beside ours, and the least that
an open loop costs (`paced.c`)."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from mlops_cli.bench.payloads import encode
from mlops_cli.bench.target import open_target

SOURCES = Path(__file__).parent
BODY = b'{"data":[{"a":1,"b":"x"},{"a":2,"b":"y"}]}'
TOOLS = ("gcc", "ab", "wrk")


@dataclass
class Fixed:
    """A running server; its log is there when the `with` block has ended."""

    url: str
    folder: Path
    service: list[float] = field(default_factory=list)
    stalls: list[tuple[float, float]] = field(default_factory=list)
    first: float = 0.0


class Floor(NamedTuple):
    """What a fixed rate costs in C, with one sleep, one send and one receive per request."""

    cores: float
    late_p50_us: float
    late_p99_us: float


class Bench:
    """A folder with the compiled programs, the payload and wrk's script."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program, self._paced = (self._compiled(name) for name in ("fixed_server", "paced"))
        (folder / "body.json").write_bytes(BODY)
        headers = 'wrk.method="POST"\nwrk.headers["Content-Type"]="application/json"\n'
        (folder / "post.lua").write_text(f"{headers}wrk.body=[[{BODY.decode()}]]\n")

    @contextmanager
    def server(self, *words: str | int) -> Iterator[Fixed]:
        port, log = _free_port(), self.folder / "log"
        process = subprocess.Popen([str(self.program), str(port), str(log), *map(str, words)])
        fixed = Fixed(f"http://127.0.0.1:{port}/score", self.folder)
        try:
            _wait_for(port)
            yield fixed
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
        _read_log(log, fixed)

    def ours(self, url: str, *words: str | int) -> dict[str, Any]:
        """`mlops bench` as a process of its own; its JSON."""
        command = [
            sys.executable,
            "-m",
            "mlops_cli",
            "bench",
            "--url",
            url,
            "--data",
            "body.json",
            "-o",
            "json",
        ]
        done = subprocess.run(
            [*command, *map(str, words)], cwd=self.folder, capture_output=True, text=True, check=True
        )
        result: dict[str, Any] = json.loads(done.stdout)
        return result

    def ab(self, url: str, requests: int, connections: int, *words: str) -> float:
        """Requests per second."""
        sizes = ("-n", str(requests), "-c", str(connections))
        command = ["ab", "-q", *words, *sizes, "-p", "body.json", "-T", "application/json", url]
        return _number(self._run(command), r"Requests per second:\s+([\d.]+)")

    def wrk(self, url: str, seconds: int, connections: int) -> float:
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", "post.lua", url]
        return _number(self._run(command), r"Requests/sec:\s+([\d.]+)")

    def floor(self, url: str, rate: int, seconds: float) -> Floor:
        (self.folder / "request").write_bytes(encode(open_target(url), BODY, {}, keep_alive=True))
        command = [str(self._paced), str(urlsplit(url).port), str(rate), str(seconds), "request"]
        return Floor(*map(float, self._run(command).split()))

    def _compiled(self, name: str) -> Path:
        program = self.folder / name
        subprocess.run(["gcc", "-O2", "-o", str(program), str(SOURCES / f"{name}.c")], check=True)
        return program

    def _run(self, command: list[str]) -> str:
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=True).stdout


@contextmanager
def bench() -> Iterator[Bench]:
    """Raises SystemExit naming the tools that are missing."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise SystemExit(f"needs {', '.join(missing)}: apt-get install gcc apache2-utils wrk")
    with tempfile.TemporaryDirectory() as folder:
        yield Bench(Path(folder))


def _read_log(path: Path, fixed: Fixed) -> None:
    for line in path.read_text().splitlines():
        name, *values = line.split()
        seconds = [int(value) / 1e9 for value in values]
        if name == "first":
            fixed.first = seconds[0]
        elif name == "service":
            fixed.service.append(seconds[0])
        else:
            fixed.stalls.append((seconds[0], seconds[1]))


def _number(text: str, pattern: str) -> float:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"no {pattern} in:\n{text}")
    return float(match[1])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise SystemExit("the fixed server does not listen")

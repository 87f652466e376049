"""wrk and ab with the same two rows."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.serving.process import Address

_SCRIPT = """
wrk.method = "POST"
local file = io.open(os.getenv("BENCH_BODY"), "rb")
wrk.body = file:read("*a")
file:close()
wrk.headers["Content-Type"] = "application/json"
if os.getenv("BENCH_KEY") ~= "" then wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY") end
"""
_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}


class Load(NamedTuple):
    """Requests per second, latencies in microseconds, and what was answered otherwise than with 200."""

    requests: int
    rate: float
    p50: float
    p99: float
    lost: int


def missing() -> list[str]:
    return [tool for tool in ("wrk", "ab") if shutil.which(tool) is None]


def wrk(address: Address, connections: int, seconds: float) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script, body = Path(folder) / "post.lua", Path(folder) / "body.json"
        script.write_text(_SCRIPT)
        body.write_bytes(address.body)
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--timeout",
            "20s",
            "--latency",
            "-s",
        ]
        env = {**os.environ, "BENCH_BODY": str(body), "BENCH_KEY": address.key}
        out = _run([*command, str(script), address.url], env)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    lost = sum(map(int, errors.groups())) if errors else 0
    return Load(
        int(_find(r"(\d+) requests in", out)),
        float(_find(r"Requests/sec:\s+([\d.]+)", out)),
        _microseconds(_find(r"\n +50% +(\S+)", out)),
        _microseconds(_find(r"\n +99% +(\S+)", out)),
        lost + (int(refused[1]) if refused else 0),
    )


def ab(address: Address, connections: int, seconds: float, *, keep_alive: bool) -> tuple[Load, int]:
    """The load, and how many requests went over a connection that had been used before."""
    with tempfile.TemporaryDirectory() as folder:
        body = Path(folder) / "body.json"
        body.write_bytes(address.body)
        command = ["ab", "-q", "-r", "-c", str(connections), "-t", f"{seconds:g}", "-n", "100000000"]
        command += ["-k"] if keep_alive else []
        command += ["-H", f"Authorization: Bearer {address.key}"] if address.key else []
        out = _run([*command, "-T", "application/json", "-p", str(body), address.url], dict(os.environ))
    # An answer of another length is no failure: ab counts it as one.
    refused = re.search(r"Non-2xx responses:\s+(\d+)", out)
    details = re.search(r"Connect: (\d+), Receive: (\d+), Length: (\d+), Exceptions: (\d+)", out)
    lost = int(details[1]) + int(details[2]) + int(details[4]) if details else 0
    kept = re.search(r"Keep-Alive requests:\s+(\d+)", out)
    load = Load(
        int(_find(r"Complete requests:\s+(\d+)", out)),
        float(_find(r"Requests per second:\s+([\d.]+)", out)),
        1e3 * float(_find(r"50%\s+(\d+)", out)),
        1e3 * float(_find(r"99%\s+(\d+)", out)),
        lost + (int(refused[1]) if refused else 0),
    )
    return load, int(kept[1]) if kept else 0


def _run(command: list[str], env: dict[str, str]) -> str:
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else "nan" if "." in pattern else "0"


def _microseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)?", text).groups() if text[0].isdigit() else ("nan", "us")
    return float(number) * _UNITS[unit or "s"]

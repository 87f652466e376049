"""`make bench-bench`: the load generator beside ab and wrk, against the same fixed server, in one run.

Everything is interleaved and repeated; ratios are of medians. Client and server share the machine's cores, so
other work on it shows: run it alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.fixed import BODY, Bench, Fixed, bench
from mlops_cli.bench.plan import Load, Manner
from mlops_cli.bench.result import Result
from mlops_cli.bench.session import Aim, Session
from mlops_cli.bench.statistics import percentile
from mlops_cli.bench.target import open_target

ROUNDS = 5
KEPT, OPENED = 150_000, 20_000
"""Requests per round, on open connections and with one each."""


class Row(NamedTuple):
    """One target: `value` has to be at least or at most `limit`."""

    name: str
    value: float
    sign: str
    limit: float
    note: str = ""

    @property
    def passed(self) -> bool:
        return self.value >= self.limit if self.sign == ">=" else self.value <= self.limit


def measure(path: Path | None = None) -> None:
    """Print one table; write it as JSON to `path`."""
    rows: list[Row] = []
    with bench() as tools:
        for part in (kept_alive, opened, checked, accuracy, paced, stalled, started):
            for row in part(tools):
                mark = "ok  " if row.passed else "MISS"
                limit = f"{row.sign} {row.limit:g}"
                print(f"{mark} {row.name:<44}{row.value:>10.4g}  {limit:<9} {row.note}", flush=True)
                rows.append(row)
    print(f"{sum(row.passed for row in rows)} of {len(rows)} targets met")
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            json.dumps([{**row._asdict(), "passed": row.passed} for row in rows], indent=2) + "\n"
        )


def kept_alive(tools: Bench) -> Iterator[Row]:
    for connections in (16, 64):
        with tools.server() as server:
            ours, ab, wrk = [], [], []
            for _ in range(ROUNDS):
                ours.append(_rps(tools, server, connections, KEPT, "--no-check"))
                ab.append(tools.ab(server.url, KEPT, connections, "-k"))
                wrk.append(tools.wrk(server.url, 1, connections))
        mine, theirs, other = map(statistics.median, (ours, ab, wrk))
        note = f"{mine:,.0f}/s, ab -k {theirs:,.0f}, wrk -t1 {other:,.0f}"
        yield Row(
            f"keep-alive, c={connections}: of the better of both", mine / max(theirs, other), ">=", 0.9, note
        )


def opened(tools: Bench) -> Iterator[Row]:
    with tools.server() as server:
        ours, ab = [], []
        for _ in range(ROUNDS):
            ours.append(_rps(tools, server, 16, OPENED, "--no-check", "--no-keep-alive"))
            ab.append(tools.ab(server.url, OPENED, 16))
    mine, theirs = statistics.median(ours), statistics.median(ab)
    yield Row("a connection each, c=16: of ab", mine / theirs, ">=", 0.65, f"{mine:,.0f}/s, ab {theirs:,.0f}")


def checked(tools: Bench) -> Iterator[Row]:
    """Every answer differs (a request id), so that each is parsed and looked at."""
    with tools.server("unique") as server:
        ours, ab = [], []
        for _ in range(ROUNDS):
            ours.append(_rps(tools, server, 16, KEPT))
            ab.append(tools.ab(server.url, KEPT, 16, "-k"))
    mine, theirs = statistics.median(ours), statistics.median(ab)
    yield Row(
        "answers checked, c=16: of ab -k", mine / theirs, ">=", 0.4, f"{mine:,.0f}/s, ab -k {theirs:,.0f}"
    )


def accuracy(tools: Bench) -> Iterator[Row]:
    """Against the server's own log of service times, jittered 4 to 6 ms."""
    for connections, limit in ((16, 40.0), (256, 150.0)):
        errors: dict[int, list[float]] = {50: [], 99: []}
        for _ in range(ROUNDS):
            with tools.server("jitter", 4000, 6000) as server:
                result = _session(server, connections, Load(duration=2.0))
            truth = sorted(server.service)
            for percent, found in errors.items():
                found.append(result.percentiles_ms[str(percent)] * 1e3 - percentile(truth, percent) * 1e6)
        for percent, found in errors.items():
            note = "all: " + ", ".join(f"{error:.0f}" for error in found)
            error = statistics.median(map(abs, found))
            yield Row(f"latency error, c={connections}, p{percent} (us)", error, "<=", limit, note)


def paced(tools: Bench) -> Iterator[Row]:
    """Beside a C program that only sleeps, sends and receives: what it spends or comes late, nobody here can save."""
    for rate in (500, 2000, 5000):
        runs, floors = [], []
        with tools.server() as server:
            for _ in range(ROUNDS):
                runs.append(_session(server, 16, Load(duration=2.0, rate=rate)))
                floors.append(tools.floor(server.url, rate, 2.0))
        cores, p50, p99 = (statistics.median(found) for found in zip(*floors, strict=True))
        late = [run.generator.late_us or {} for run in runs]
        spent = statistics.median(run.generator.cpu for run in runs)
        off = statistics.median(abs((run.requests - 1) / run.seconds / rate - 1) * 100 for run in runs)
        name = f"open loop {rate}/s:"
        yield Row(f"{name} rate off by (%)", off, "<=", 0.1)
        yield Row(f"{name} sent late, p50 (us)", _median(late, "p50"), "<=", 5, f"C {p50:.1f}")
        yield Row(f"{name} sent late, p99 (us)", _median(late, "p99"), "<=", 60, f"C {p99:.1f}")
        yield Row(f"{name} cores", spent, "<=", 0.2, f"C {cores:.3f}")


def stalled(tools: Bench) -> Iterator[Row]:
    """The whole server sleeps 200 ms every 2 s: what a request due at each moment had to wait is known."""
    rate, seconds = 1000, 10.0
    with tools.server("stall", 2000, 200) as server:
        target = open_target(server.url)
        with Session(Aim("fixed", target, [BODY]), Manner(50)) as session:
            session.warm_up(100)
            load = Load(duration=seconds, rate=rate)
            result = session.measure(load)
            begun = session.recording.started
        blind = tools.ab(server.url, 200_000, 16, "-k")
    dues = [begun + number / rate for number in range(int(rate * seconds))]
    waits = sorted(
        max((end - due for start, end in server.stalls if start <= due < end), default=0.0) for due in dues
    )
    truth = percentile(waits, 99) * 1e3
    found = result.percentiles_ms["99"]
    note = f"{found:.1f} ms, truth {truth:.1f} ms (ab -k, closed loop, {blind:,.0f}/s)"
    yield Row("a stall of 200 ms: p99 off by (%)", abs(found / truth - 1) * 100, "<=", 5, note)


def started(tools: Bench) -> Iterator[Row]:
    """From the start of the process to the first request seen by the server, as installed: with its bytecode."""
    command = [sys.executable, "-m", "mlops_cli", "bench", "--data", "body.json", "-n", "1", "--warmup", "0"]
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tools.folder / "bytecode")}
    took = []
    for _ in range(1 + ROUNDS):
        with tools.server() as server:
            began = time.monotonic()
            words = [*command, "--url", server.url]
            subprocess.run(
                words, cwd=tools.folder, check=True, capture_output=True, env={**os.environ, **compiled}
            )
        took.append((server.first - began) * 1e3)
    yield Row("start to first request (ms)", statistics.median(took[1:]), "<=", 150)


def _rps(tools: Bench, server: Fixed, connections: int, requests: int, *words: str) -> float:
    sizes = ("-c", connections, "-n", requests, "--warmup", 0)
    result = tools.ours(server.url, *sizes, *words)
    if result["failures"]:
        raise SystemExit(f"requests failed: {result['failure_details']}")
    return float(result["requests_per_second"])


def _session(server: Fixed, connections: int, load: Load) -> Result:
    with Session(Aim("fixed", open_target(server.url), [BODY]), Manner(connections)) as session:
        return session.measure(load)


def _median(values: list[dict[str, float]], name: str) -> float:
    return statistics.median(value[name] for value in values)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    measure(parser.parse_args().json)

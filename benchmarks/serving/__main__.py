"""`python -m benchmarks.serving`: everything in one run; each peer takes turns with ours, on the same machine."""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import bytecode
from benchmarks.serving import load, modelpath, peers, report, rolling, world
from benchmarks.serving.measuring import Candidate, figures


def main() -> None:
    given = _parser().parse_args()
    if absent := load.missing():
        raise SystemExit(f"{' and '.join(absent)} needed: apt-get install wrk apache2-utils")
    bytecode.keep()
    bench = world.build()
    endpoint = bench.deploy(1)
    result: dict[str, Any] = {"machine": _machine(), "servers": {}}
    try:
        result["model_path"] = modelpath.measure(bench)
        for name, minutes in result["model_path"].items():
            print(f"{name}: " + ", ".join(f"{key} {value:,.1f}" for key, value in minutes.items()))
        candidates = [Candidate.ours(bench, endpoint)]
        for peer in peers.PEERS:
            if not given.peers or any(wanted in peer.name for wanted in given.peers):
                candidates += Candidate.of_peer(peer, bench)
        for candidate in candidates:
            print(f"... {candidate.name}", flush=True)
            ours = bench.address(bench.current()) if result["servers"] else None
            result["servers"][candidate.name] = figures(candidate, given.seconds, given.rounds, ours)
        bench.deploy(2)
        endpoint = bench.current()
        result["rolling"] = rolling.measure(bench, endpoint, given.requests // 2)
    finally:
        bench.close()
    print("\n".join(["", *report.rows(result["servers"]), ""]))
    found = report.targets(result)
    print("\n".join(report.told(found)))
    result["targets"] = [target._asdict() for target in found]
    given.out.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2))
    print(f"\nwritten to {given.out}; {json.dumps(result['machine'])}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving")
    parser.add_argument("--peers", nargs="*", default=[], help="only peers whose names contain one of these")
    parser.add_argument("--seconds", type=float, default=4, help="length of each load")
    parser.add_argument("--rounds", type=int, default=3, help="loads per concurrency; the median is told")
    parser.add_argument("--requests", type=int, default=500_000, help="under replacements, in all")
    parser.add_argument("--out", type=Path, default=Path("bench-serving.json"))
    return parser


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        "system": platform.platform(),
    }


if __name__ == "__main__":
    main()

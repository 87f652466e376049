"""How long `mlops --help` takes, whole process, beside an interpreter that imports click and nothing else."""

import statistics
import subprocess
import sys
import time

from benchmarks import bytecode

ROUNDS = 20
CASES = {
    'python -c "import click"': ["-c", "import click"],
    "mlops --help": ["-m", "mlops_cli", "--help"],
    "mlops --version": ["-m", "mlops_cli", "--version"],
    "mlops train --help": ["-m", "mlops_cli", "train", "--help"],
    "mlops config show": ["-m", "mlops_cli", "config", "show"],
}


def measure() -> None:
    """Interleave the cases, so that a slow moment of the machine hits all of them alike."""
    bytecode.keep()
    seconds: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, args in CASES.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *args], check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - began)
    base = statistics.median(seconds['python -c "import click"'])
    print(f"{'command':<28} {'median ms':>9} {'ratio':>6}   (target for --help: at most 2.0)")
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"{name:<28} {median * 1000:>9.1f} {median / base:>6.2f}")

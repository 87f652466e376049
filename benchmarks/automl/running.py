"""One engine on one split: a process of its own on two cores, watched while it works."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.automl.environments import ENGINES

THREADS = 2
_EVERY_SECONDS = 0.1
_PATIENCE = 5


def run(engine: str, python: Path, task: dict[str, Any], out: Path) -> dict[str, Any]:
    """What the engine's script reports, with wall seconds and peak memory (MB) of its process tree.

    A script that fails, or that takes five times its budget and five minutes, leaves `error` alone.
    """
    (out / "task.json").write_text(json.dumps(task))
    began = time.time()
    with (out / "log.txt").open("w") as log:
        command = [str(python), str(ENGINES / f"run_{engine}.py"), str(out / "task.json")]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=out, env=_environ())
        peak, in_time = _watch(process, began + _PATIENCE * task["budget"] + 300)
    if not in_time:
        return {"error": f"killed after {time.time() - began:.0f} s"}
    if process.returncode:
        last = (out / "log.txt").read_text(errors="replace").strip().splitlines()[-1:]
        return {"error": f"exit code {process.returncode}: {' '.join(last)}"}
    found: dict[str, Any] = json.loads((out / "result.json").read_text())
    return found | {"wall_seconds": time.time() - began, "peak_mb": peak}


def _environ() -> dict[str, str]:
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(THREADS))
    return {**os.environ, **limits}


def _watch(process: subprocess.Popen[bytes], deadline: float) -> tuple[float, bool]:
    """Peak memory in MB, and whether the process ended by itself."""
    tree, peak = psutil.Process(process.pid), 0.0
    if hasattr(tree, "cpu_affinity"):
        tree.cpu_affinity(tree.cpu_affinity()[:THREADS])
    while process.poll() is None:
        peak = max(peak, _memory(tree))
        if time.time() > deadline:
            _end(tree)
            process.wait()
            return peak, False
        time.sleep(_EVERY_SECONDS)
    return peak, True


def _memory(tree: psutil.Process) -> float:
    total = 0
    try:
        for each in (tree, *tree.children(recursive=True)):
            total += each.memory_info().rss
    except psutil.Error:
        pass
    return total / 2**20


def _end(tree: psutil.Process) -> None:
    for each in (*tree.children(recursive=True), tree):
        each.kill()

"""Asks a service all the questions of a table, one after the other: `python -m ….load FOLDER`.

FOLDER/job.json: {definition, url, pids of the service}. FOLDER/result.json: what was measured, or {error}.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
import requests

from mlops_cli.emulator.azure.jasmine.rows import read
from mlops_cli.engine.files import write_atomic
from mlops_cli.errors import MlopsError

PERCENTILES = {"50": 50, "90": 90, "95": 95, "99": 99, "999": 99.9}


def main(folder: Path) -> None:
    job = msgspec.json.decode((folder / "job.json").read_bytes())
    try:
        questions = read(job["definition"]).iloc[:, 0].astype(str)
        result = measured(job["url"], list(questions), [psutil.Process(pid) for pid in job["pids"]])
    except (MlopsError, psutil.Error, requests.RequestException) as error:
        result = {"error": str(error)}
    write_atomic(folder / "result.json", msgspec.json.encode(result))


def measured(url: str, questions: list[str], processes: list[psutil.Process]) -> dict[str, Any]:
    """Latencies (ms), success, and what the processes needed (cores, GiB), named as in Azure's document."""
    milliseconds, succeeded, memory = [], 0, 0
    cpu, began = _cpu(processes), time.perf_counter()
    with requests.Session() as session:
        session.trust_env = False
        for question in questions:
            asked = time.perf_counter()
            headers = {"Content-Type": "application/json"}
            answer = session.post(url, data=question.encode(), headers=headers, timeout=300)
            milliseconds.append((time.perf_counter() - asked) * 1000)
            succeeded += answer.ok
            memory = max(memory, sum(process.memory_info().rss for process in processes))
    lasted = time.perf_counter() - began
    return {
        "totalQueries": len(questions),
        "successQueries": succeeded,
        "successRate": 100.0 * succeeded / len(questions),
        "averageLatencyInMs": float(np.mean(milliseconds)),
        **{f"latencyPercentile{name}InMs": float(np.percentile(milliseconds, percent))
           for name, percent in PERCENTILES.items()},
        "measuredQueriesPerSecond": len(questions) / lasted,
        "maxUtilizedCpu": (_cpu(processes) - cpu) / lasted,
        "maxUtilizedMemoryInGB": memory / 2**30,
    }  # fmt: skip


def _cpu(processes: list[psutil.Process]) -> float:
    """Seconds of processor time that the processes have had."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

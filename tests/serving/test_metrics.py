"""Metrics: what is counted, and that every worker tells of all."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mlops_cli.domain.endpoints import RequestRecord
from mlops_cli.engine.serving.metrics import Metrics
from tests.serving.harness import KEY, ROWS, SCHEMA, Worker, request, until


def values(text: bytes) -> dict[str, float]:
    """Samples by name and labels."""
    lines = [line for line in text.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def counted(metrics: Metrics, *requests: tuple[float, int]) -> None:
    for seconds, status in requests:
        metrics.began()
        metrics.ended(
            RequestRecord(
                "", "id", "POST", "/score", status, seconds * 1e3, 9, 9, 1, run_ms=seconds * 500, rows=2
            )
        )


def test_a_service_counts_what_it_answers(launch: Any) -> None:
    worker: Worker = launch(schema=SCHEMA)
    worker.score({"data": ROWS})
    worker.score({"data": [{}]})
    worker.ask("POST", "/score", {"data": ROWS})
    with worker.connect() as client:
        client.send(b"nonsense\r\n\r\n").read()
    answer = worker.ask("GET", "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = values(answer.body)
    assert {k: v for k, v in found.items() if "_total{code" in k} == {
        'mlops_requests_total{code="200"}': 1,
        'mlops_requests_total{code="400"}': 2,
        'mlops_requests_total{code="401"}': 1,
    }
    assert (found["mlops_rows_total"], found["mlops_workers"]) == (2, 1)
    assert found["mlops_request_duration_seconds_count"] == 3
    assert found["mlops_model_duration_seconds_count"] == 1
    pid = worker.process.pid
    assert found[f'mlops_requests_in_flight{{worker="{pid}"}}'] == 0
    assert found[f'process_resident_memory_bytes{{worker="{pid}"}}'] > 10_000_000


def test_pages_probes_and_scrapes_are_no_requests(launch: Any) -> None:
    worker: Worker = launch(schema=SCHEMA, app_insights=True)
    for path in ("/", "/ui", "/metrics", "/metrics"):
        worker.ask("GET", path)
    worker.score({"data": ROWS})
    until(lambda: (worker.folder / "requests.jsonl").read_text())
    assert (worker.folder / "requests.jsonl").read_text().count("\n") == 1
    assert values(worker.ask("GET", "/metrics").body)["mlops_request_duration_seconds_count"] == 1


def test_buckets_are_cumulative_and_end_with_all(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    counted(metrics, (0.0001, 200), (0.002, 200), (40.0, 503))
    found = values(metrics.text())
    name = "mlops_request_duration_seconds_bucket"
    assert [found[f'{name}{{le="{bound}"}}'] for bound in ("0.0001", "0.001", "0.0025", "30", "+Inf")] == [
        1,
        1,
        2,
        2,
        3,
    ]
    assert found["mlops_request_duration_seconds_sum"] == pytest.approx(40.0021)
    assert found["mlops_rows_total"] == 6


def test_the_format_is_prometheus(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    counted(metrics, (0.001, 200))
    sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.e+-]+')
    told = set()
    for line in metrics.text().decode().splitlines():
        if line.startswith("# TYPE"):
            told.add(line.split()[2])
        elif not line.startswith("#"):
            assert sample.fullmatch(line), line
            assert re.sub(r"_(bucket|sum|count)$", "", line.partition("{")[0].split()[0]) in told


COUNT_AND_WAIT = """
import sys
from pathlib import Path
from mlops_cli.engine.serving.metrics import Metrics
from tests.serving.test_metrics import counted
metrics = Metrics(Path(sys.argv[1]))
metrics.began()
counted(metrics, *[(0.001, 200)] * 5)
metrics.digest()
print("counted", flush=True)
sys.stdin.read()
"""


def another_worker(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", COUNT_AND_WAIT, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"counted\n"
    return process


def test_one_worker_tells_of_all_also_of_those_that_have_died(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    counted(metrics, (0.001, 200))
    other = another_worker(tmp_path)
    try:
        found = values(metrics.text())
        assert (found['mlops_requests_total{code="200"}'], found["mlops_workers"]) == (6, 2)
        assert found[f'mlops_requests_in_flight{{worker="{other.pid}"}}'] == 1
    finally:
        other.kill()
        other.communicate()
    found = values(metrics.text())
    assert (found['mlops_requests_total{code="200"}'], found["mlops_workers"]) == (6, 1)
    assert f'mlops_requests_in_flight{{worker="{other.pid}"}}' not in found


def test_counts_of_the_dead_are_kept_once_by_the_next_to_start(tmp_path: Path) -> None:
    for _ in range(3):
        other = another_worker(tmp_path)
        other.kill()
        other.communicate()
    metrics = Metrics(tmp_path)
    assert values(metrics.text())['mlops_requests_total{code="200"}'] == 15
    assert sorted(path.name for path in (tmp_path / "metrics").iterdir()) == sorted(
        ["ended", "lock", str(os.getpid())]
    )


def test_metrics_need_no_key_and_take_no_post(service: Worker) -> None:
    assert service.ask("GET", "/metrics").status == 200
    assert service.ask("HEAD", "/metrics").body == b""
    assert service.ask("POST", "/metrics", b"", KEY).headers["allow"] == "GET, HEAD, OPTIONS"


def test_requests_that_follow_each_other_are_all_counted(launch: Any) -> None:
    worker: Worker = launch(schema=SCHEMA)
    with worker.connect() as client:
        for _ in range(50):
            client.send(request("POST", "/score", b'{"data":[]}', KEY))
        assert [client.read().status for _ in range(50)] == [400] * 50
    assert values(worker.ask("GET", "/metrics").body)['mlops_requests_total{code="400"}'] == 50

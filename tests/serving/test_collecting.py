"""What a service keeps of what it scores and answers, and how it is read back."""

import gzip
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import msgspec

from mlops_cli.domain.endpoints import CollectedData
from mlops_cli.engine.endpoints import collected
from mlops_cli.engine.serving.collecting import DataCollector, as_json
from mlops_cli.engine.serving.linefile import MOST_BYTES, MOST_WRITES, LineFile
from mlops_cli.engine.serving.logs import AppendFile
from mlops_cli.engine.serving.messages import Head, Request, Response
from mlops_cli.engine.serving.spec import PROBE, read_spec
from tests.serving.harness import KEY, ROWS, SCHEMA, Worker, lines, until, write_service, write_spec

Launch = Callable[..., Worker]
ECHO = "def init(): pass\ndef run(data): return [len(data)]\n"


def read(worker: Worker) -> list[CollectedData]:
    assert worker.terminate() == 0
    return list(collected.read(worker.folder))


def shapes(found: list[CollectedData]) -> list[tuple[Any, Any]]:
    return [(record.inputs, record.outputs) for record in found]


def test_rows_and_their_predictions_are_kept_with_time_and_id(launch: Launch) -> None:
    worker = launch(schema=SCHEMA, collect_data=True)
    worker.score({"data": ROWS}, {"x-ms-request-id": "mine"})
    (record,) = read(worker)
    assert (record.request_id, record.inputs, record.outputs) == ("mine", ROWS, ["yes", "no"])
    assert abs((datetime.now(UTC) - datetime.fromisoformat(record.time)).total_seconds()) < 60
    assert (worker.folder / "collected.jsonl").stat().st_mode & 0o777 == 0o600


def test_every_form_of_payload_is_read_back_as_rows(launch: Launch) -> None:
    worker = launch(schema=SCHEMA, collect_data=True)
    row = {"age": 17, "job": "student", "rate": 1.5}
    worker.score(json.dumps({"data": [row]}, indent=2).encode())
    worker.score({"Inputs": {"data": [row]}, "GlobalParameters": {"method": "predict"}})
    worker.score({"data": [[17, "student", 1.5]]})
    worker.score({"columns": ["rate", "job", "age"], "data": [[1.5, "student", 17]]})
    worker.score(gzip.compress(json.dumps({"data": [row]}).encode()), {"Content-Encoding": "GZIP"})
    worker.ask("GET", "/score?age=17&job=student&rate=1.5", headers=KEY)
    worker.score(b'{"data": [{"age": 17, "job": "student", "rate": NaN}]}')
    *found, with_nan = shapes(read(worker))
    assert found == [([row], ["yes"])] * 6
    assert with_nan == ([{**row, "rate": None}], ["yes"])


def test_only_what_was_scored_for_somebody_is_kept(launch: Launch) -> None:
    worker = launch(schema=SCHEMA, collect_data=True)
    for path in ("/", "/swagger.json", "/metrics"):
        worker.ask("GET", path)
    worker.ask("OPTIONS", "/score", headers=KEY)
    assert worker.score(b"no JSON").status == 400
    assert worker.ask("POST", "/score", {"data": ROWS}).status == 401
    assert worker.score({"data": ROWS}, {PROBE: "1"}).status == 200
    assert read(worker) == []


def test_a_script_of_ones_own_is_given_anything(launch: Launch) -> None:
    worker = launch(ECHO, collect_data=True)
    worker.score(b"plain words")
    worker.score({"data": [{"a": 1}]})
    worker.score({"n": 1})
    found = shapes(read(worker))
    assert found == [("plain words", [11]), ([{"a": 1}], [20]), ({"n": 1}, [8])]


def test_it_is_switched_without_a_restart(launch: Launch) -> None:
    worker = launch(schema=SCHEMA)
    worker.score({"data": ROWS}, {"x-ms-request-id": "unseen"})
    write_spec(worker.folder, msgspec.structs.replace(read_spec(worker.folder), collect_data=True))

    def is_kept() -> bool:
        worker.score({"data": ROWS})
        return bool(lines(worker.folder / "collected.jsonl"))

    assert until(is_kept)
    assert "unseen" not in {record.request_id for record in read(worker)}


def test_since_leaves_out_what_was_before(tmp_path: Path) -> None:
    write_service(tmp_path)
    collect(tmp_path, at="1970-01-01T00:16:40.000Z")
    collect(tmp_path, at="1970-01-01T00:33:20.000Z")
    since = datetime.fromtimestamp(1_500, UTC)
    assert [record.time for record in collected.read(tmp_path, since)] == ["1970-01-01T00:33:20.000Z"]
    assert len(list(collected.read(tmp_path))) == 2


def test_lines_that_are_not_whole_are_left_out(tmp_path: Path) -> None:
    write_service(tmp_path)
    collect(tmp_path)
    with (tmp_path / "collected.jsonl").open("ab") as file:
        file.write(b'{"time":"2026-01-01T00:00:00.000Z","request_id":"half","inp')
    assert [record.request_id for record in collected.read(tmp_path)] == ["r"]


def test_many_are_written_before_they_are_flushed_and_the_file_is_rotated(tmp_path: Path) -> None:
    write_service(tmp_path)
    collect(tmp_path, *[b'"%s"' % (b"x" * MOST_BYTES)] * 9, limit=2 * MOST_BYTES)
    sizes = [(tmp_path / name).stat().st_size for name in ("collected.jsonl.1", "collected.jsonl")]
    assert 0 < min(sizes) <= max(sizes) < 5 * MOST_BYTES
    assert [len(record.inputs) for record in collected.read(tmp_path)][-1] == MOST_BYTES


def test_ids_are_any_text(tmp_path: Path) -> None:
    write_service(tmp_path)
    collect(tmp_path, request_id='a "quoted" \\ id')
    assert [record.request_id for record in collected.read(tmp_path)] == ['a "quoted" \\ id']


def test_bodies_become_json_of_one_line() -> None:
    assert as_json(b'{"a":\n[1,\r\n2]}') == b'{"a":[1,2]}'
    assert as_json(b"[NaN]") == b'"[NaN]"'
    assert as_json(b"\xff\xd8") == b'"/9g="'
    deep = b"[" * 100_000
    assert json.loads(as_json(deep)) == deep.decode()


def test_a_full_disk_loses_lines_and_nothing_else(tmp_path: Path) -> None:
    os.symlink("/dev/full", tmp_path / "collected.jsonl")
    collect(tmp_path, b"[1]", b"[2]")


def test_a_disk_that_never_answers_does_not_take_all_memory(tmp_path: Path) -> None:
    stuck = Event()

    class Stuck(AppendFile):
        def write(self, data: bytes | memoryview) -> None:
            stuck.wait()
            super().write(data)

    with ThreadPoolExecutor(1) as thread:
        file = LineFile(Stuck(tmp_path / "collected.jsonl", 1_000_000), thread)
        for _ in range(MOST_WRITES + 10):
            file.add(b"{}\n")
            file.flush()
        stuck.set()
    assert len(lines(tmp_path / "collected.jsonl")) == MOST_WRITES


def collect(
    folder: Path,
    *bodies: bytes,
    at: str = "2026-01-01T00:00:00.000Z",
    limit: int = 1_000_000,
    request_id: str = "r",
) -> None:
    """Keep requests with these bodies, or one."""
    with ThreadPoolExecutor(1) as thread:
        made = DataCollector(LineFile(AppendFile(folder / "collected.jsonl", limit), thread), 1_000_000)
        for body in bodies or (b'{"data":[{"age":1}]}',):
            made.add(request(body, request_id), Response(200, b'["yes"]'), at)
        made.flush()


def request(body: bytes, request_id: str = "r") -> Request:
    head = Head()
    head.method = b"POST"
    made = Request(head, body)
    made.id = request_id
    return made

"""The service's log: one schema, whole lines, bounded, with the request id on what the user printed."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from mlops_cli.domain.endpoints import LogLine, RequestRecord
from mlops_cli.engine.serving.logs import AppendFile, ServiceLog, current_request
from tests.serving.harness import Worker, lines

NOISY = """
import logging, sys, warnings

log = logging.getLogger("mine")

def init():
    print("loading", end=" ")
    print("done")

def run(data):
    print("one\\ntwo")
    print("no newline", end="")
    print("to stderr", file=sys.stderr)
    log.debug("unseen")
    log.info("info")
    log.error("error %d", 7)
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("caught")
    return data
"""


def test_what_the_script_says_is_logged_with_the_request_id(launch: Callable[..., Worker]) -> None:
    worker = launch(NOISY)
    for name in ("r1", "r2"):
        assert worker.score(b"x", {"x-ms-request-id": name}).status == 200
    found = [msgspec.convert(line, LogLine) for line in worker.log()]
    assert ("INFO", "loading done", None) in [(line.level, line.message, line.request_id) for line in found]
    said = [(line.level, line.message.splitlines()[0]) for line in found if line.request_id == "r2"]
    assert said == [
        ("INFO", "one"),
        ("INFO", "two"),
        ("WARNING", "to stderr"),
        ("INFO", "info"),
        ("ERROR", "error 7"),
        ("ERROR", "caught"),
        ("INFO", "no newline"),
    ]
    assert {line.source for line in found if line.request_id} == {"user"}
    caught = next(line for line in found if line.message.startswith("caught"))
    assert "ZeroDivisionError" in caught.message


def test_times_are_utc_with_milliseconds(tmp_path: Path) -> None:
    log = ServiceLog(AppendFile(tmp_path / "log", 1_000), clock=lambda: 1_800_000_000.1234)
    log.write("INFO", "service", "x")
    assert lines(tmp_path / "log") == [
        {"time": "2027-01-15T08:00:00.123Z", "level": "INFO", "source": "service", "message": "x"}
    ]


def test_refused_requests_are_logged_without_secrets(service: Worker) -> None:
    headers = {"Authorization": "Bearer guess-me", "x-ms-request-id": "refused"}
    service.ask("POST", "/score", b"{}", headers)
    service.connect().send(b"nonsense\r\n\r\n").read()
    text = (service.folder / "service.log").read_text()
    found = [line for line in service.log() if line["source"] == "request"]
    assert any(line.get("request_id") == "refused" and " 401: " in line["message"] for line in found)
    assert any(line["message"].startswith("400: this is not HTTP") for line in found)
    assert "guess-me" not in text
    assert "first-key" not in text


def test_strange_text_and_long_text(tmp_path: Path) -> None:
    log = ServiceLog(AppendFile(tmp_path / "log", 1_000_000))
    mark = current_request.set("id")
    log.write("INFO", "user", "\ud800 \x00 é")
    log.write("INFO", "user", "x" * 100_000)
    current_request.reset(mark)
    first, second = lines(tmp_path / "log")
    assert (first["message"], first["request_id"]) == ("? \x00 é", "id")
    assert len(second["message"]) < 40_000


def test_rotation_keeps_whole_lines_of_all_writers(tmp_path: Path) -> None:
    path, limit = tmp_path / "log", 20_000
    writers = [AppendFile(path, limit) for _ in range(3)]

    def write(writer: AppendFile, name: int) -> None:
        for number in range(400):
            writer.write(json.dumps({"writer": name, "n": number, "pad": "x" * 60}).encode() + b"\n")

    threads = [threading.Thread(target=write, args=(w, n)) for n, w in enumerate(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = lines(tmp_path / "log.1") + lines(path)
    assert max(line["n"] for line in kept) == 399
    assert path.stat().st_size < 4 * limit
    assert (tmp_path / "log.1").stat().st_size < 4 * limit
    for writer in writers:
        writer.close()


def test_a_log_that_vanished_is_begun_again(tmp_path: Path) -> None:
    writer = AppendFile(tmp_path / "log", 10)
    writer.write(b"a" * 10)
    (tmp_path / "log").unlink()
    writer.write(b"b" * 10)
    assert (tmp_path / "log").read_bytes() == b"b" * 10
    writer.close()


def test_a_full_disk_costs_lines_only() -> None:
    full = AppendFile(Path("/dev/full"), 1_000_000)
    full.write(b"lost\n")
    full.close()


def test_a_record_has_the_fields_that_readers_rely_on() -> None:
    assert re.sub(r"\s+", " ", " ".join(RequestRecord.__struct_fields__)) == (
        "time request_id method path status duration_ms bytes_in bytes_out worker client_request_id run_ms rows"
    )

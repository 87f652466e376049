"""Reading logs while they grow and are rotated."""

import threading
from pathlib import Path

import msgspec
import pytest

from mlops_cli.domain.endpoints import LogLine, LogQuery
from mlops_cli.engine.endpoints import journal
from mlops_cli.engine.endpoints.tail import LogTail
from mlops_cli.errors import UsageError


def line(number: int, **fields: str) -> bytes:
    given = {"time": f"2026-01-01T00:00:{number:02d}.000Z", "level": "INFO", "source": "user"}
    return msgspec.json.encode(LogLine(**(given | fields), message=f"line {number}")) + b"\n"  # type: ignore[arg-type]


def write(service: Path, *numbers: int, name: str = "service.log") -> None:
    with (service / name).open("ab") as file:
        file.write(b"".join(line(number) for number in numbers))


def messages(service: Path, query: LogQuery) -> list[str]:
    return [found.message for found in journal.select(service, query)]


def test_both_files_are_read_in_order_and_broken_lines_left_out(tmp_path: Path) -> None:
    write(tmp_path, 1, 2, name="service.log.1")
    write(tmp_path, 3)
    with (tmp_path / "service.log").open("ab") as file:
        file.write(b'not json\n{"half": ')
    assert messages(tmp_path, LogQuery()) == ["line 1", "line 2", "line 3"]
    assert messages(tmp_path, LogQuery(lines=2)) == ["line 2", "line 3"]
    assert messages(tmp_path, LogQuery(since="2026-01-01T00:00:02")) == ["line 2", "line 3"]
    assert messages(tmp_path, LogQuery(until="2026-01-01T01:00:02+01:00")) == ["line 1", "line 2"]
    assert messages(tmp_path / "nowhere", LogQuery()) == []


def test_filters_combine(tmp_path: Path) -> None:
    with (tmp_path / "service.log").open("wb") as file:
        file.write(line(1, level="ERROR", request_id="a") + line(2, request_id="a") + line(3, level="ERROR"))
    assert messages(tmp_path, LogQuery(request_id="a")) == ["line 1", "line 2"]
    assert messages(tmp_path, LogQuery(request_id="a", level="WARNING")) == ["line 1"]
    assert messages(tmp_path, LogQuery(grep="[13]$", lines=1)) == ["line 3"]


@pytest.mark.parametrize("query", [LogQuery(grep="("), LogQuery(since="yesterday")])
def test_what_cannot_be_read_is_the_users_mistake(tmp_path: Path, query: LogQuery) -> None:
    with pytest.raises(UsageError):
        list(journal.select(tmp_path, query))


def test_a_tail_gives_each_line_once_across_rotation(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    write(tmp_path, 1)
    tail = LogTail(path)
    assert list(tail.new_lines()) == [line(1)]
    assert list(tail.new_lines()) == []
    with path.open("ab") as file:
        file.write(line(2)[:10])
        file.flush()
        assert list(tail.new_lines()) == []
        file.write(line(2)[10:])
    late = path.open("ab")
    path.rename(tmp_path / "service.log.1")
    write(tmp_path, 4)
    assert list(tail.new_lines()) == [line(2), line(4)]
    with late:
        late.write(line(3))
    assert list(tail.new_lines()) == [line(3)]
    path.rename(tmp_path / "service.log.1")
    write(tmp_path, 5)
    assert list(tail.new_lines()) == [line(5)]


def test_following_goes_on_until_the_endpoint_is_gone(tmp_path: Path) -> None:
    service = tmp_path / "demo"
    service.mkdir()
    write(service, 1, 2, 3)
    found: list[str] = []
    two, four = threading.Event(), threading.Event()

    def follow() -> None:
        for read in journal.follow(service, LogQuery(lines=2), poll_seconds=0.01):
            found.append(read.message)
            two.set() if len(found) == 2 else None
            four.set() if len(found) == 4 else None

    thread = threading.Thread(target=follow)
    thread.start()
    assert two.wait(10)
    write(service, 4)
    (service / "service.log").rename(service / "service.log.1")
    write(service, 5)
    assert four.wait(10)
    for path in service.iterdir():
        path.unlink()
    service.rmdir()
    thread.join(10)
    assert not thread.is_alive()
    assert found == ["line 2", "line 3", "line 4", "line 5"]

"""The log of an endpoint, read: filtered, with little memory, followed across rotation."""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar, get_args

import msgspec

from mlops_cli.domain.endpoints import Level, LogLine, LogQuery, RequestRecord
from mlops_cli.engine.endpoints.tail import LogTail
from mlops_cli.engine.serving.spec import LOG_FILE, REQUESTS_FILE
from mlops_cli.errors import UsageError

POLL_SECONDS = 0.2
LEVELS: tuple[str, ...] = get_args(Level)
Keep = Callable[[LogLine], bool]


class Timed(Protocol):
    """What has a time, in ISO 8601."""

    time: str


R = TypeVar("R", bound=Timed)


def read(service: Path, *, tail: int = 0) -> list[LogLine]:
    """The last `tail` lines (0: all)."""
    return list(deque(_lines(_existing(service, LOG_FILE)), maxlen=tail or None))


def select(service: Path, query: LogQuery) -> Iterator[LogLine]:
    """The lines that pass every filter of `query`, oldest first; only its last lines when it says how many.

    Raises UsageError for a regular expression or a time that cannot be read.
    """
    kept = filter(matcher(query), _lines(_existing(service, LOG_FILE)))
    yield from deque(kept, maxlen=query.lines) if query.lines else kept


def follow(service: Path, query: LogQuery, *, poll_seconds: float = POLL_SECONDS) -> Iterator[LogLine]:
    """As `select`, then every new line as it is written, for as long as the endpoint's directory is there."""
    keep = matcher(query)
    tail = LogTail(service / LOG_FILE)
    past = filter(keep, _lines_of(tail.new_lines()))
    yield from deque(past, maxlen=query.lines) if query.lines else past
    while service.exists():
        yield from filter(keep, _lines_of(tail.new_lines()))
        time.sleep(poll_seconds)


def requests(service: Path, since: datetime | None = None) -> Iterator[RequestRecord]:
    """What the request log holds, from `since` on."""
    return records(service, REQUESTS_FILE, RequestRecord, since)


def records(service: Path, name: str, kind: type[R], since: datetime | None) -> Iterator[R]:
    """Of a file with one of them a line, oldest first; lines that are not whole are left out."""
    for path in _existing(service, name):
        with path.open("rb") as file:
            for raw in file:
                try:
                    record = msgspec.json.decode(raw, type=kind)
                except msgspec.DecodeError:
                    continue
                if since is None or datetime.fromisoformat(record.time) >= since:
                    yield record


def matcher(query: LogQuery) -> Keep:
    """A function that tells whether a line passes every filter of `query`."""
    since = parse_time(query.since) if query.since else None
    until = parse_time(query.until) if query.until else None
    level = LEVELS.index(query.level) if query.level else 0
    pattern = _pattern(query.grep) if query.grep else None

    def keep(line: LogLine) -> bool:
        return (
            LEVELS.index(line.level) >= level
            and (query.request_id is None or line.request_id == query.request_id)
            and (pattern is None or pattern.search(line.message) is not None)
            and (since is None or parse_time(line.time) >= since)
            and (until is None or parse_time(line.time) <= until)
        )

    return keep


def parse_time(text: str) -> datetime:
    """ISO 8601, taken for UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"'{text}' is not a time", hint="write 2026-01-31T12:00:00 or a span such as 10m"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(
            f"'{text}' is not a regular expression: {error}", hint="quote its special signs"
        ) from None


def _existing(service: Path, name: str) -> list[Path]:
    return [path for path in (service / f"{name}.1", service / name) if path.exists()]


def _lines(files: Iterable[Path]) -> Iterator[LogLine]:
    for path in files:
        with path.open("rb") as file:
            yield from _lines_of(file)


def _lines_of(raw_lines: Iterable[bytes]) -> Iterator[LogLine]:
    """Decode; a line that is no LogLine (the disk was full, somebody wrote by hand) is left out."""
    for raw in raw_lines:
        try:
            yield msgspec.json.decode(raw, type=LogLine)
        except msgspec.DecodeError:
            continue

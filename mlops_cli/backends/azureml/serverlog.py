"""The log text of a web service as our log lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

from mlops_cli.domain.endpoints import Level, LogLine

LEVELS = get_args(Level)
STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)[.,]?(\d{0,9})(Z|[+-]\d\d:?\d\d)?")
PARTED = re.compile(r"\s*\|\s*(?P<logger>[\w.]+)\s*\|\s*(?P<level>[A-Z]+)\s*\|\s*(?P<rest>.*)", re.S)
PLAIN = re.compile(
    r"\s*(?:-\s*)?(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)?\s*(?:[|:-]\s*)?(?P<rest>.*)", re.S
)
REQUEST_ID = re.compile(r"(?:request[ _-]?id|x-ms-request-id)\W{1,4}([0-9a-f-]{36})", re.I)
FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>.+)\n\s+(?P<source>.+)')
LAST_LINES = 8


def lines(text: str, start: str) -> Iterator[LogLine]:
    """Lines of the log; what follows a line without a time of its own belongs to it.

    `start` is the time of what comes before the first stamp.
    """
    known: LogLine | None = None
    for raw in text.splitlines():
        found = _stamped(raw)
        if found is None and known is not None and _continues(raw):
            known.message += f"\n{raw}"
            continue
        if known is not None:
            yield known
        known = found or LogLine(known.time if known else start, "INFO", "service", raw)
    if known is not None:
        yield known


def explanation(text: str, script: Path | None) -> list[str]:
    """The user's own frames of the last traceback, and the end of the log."""
    frames = [match for match in FRAME.finditer(text) if _is_own(match["file"], script)]
    own = [_shown(match, script) for match in frames[-3:]]
    last = [line for line in text.splitlines() if line.strip()][-LAST_LINES:]
    return [*dict.fromkeys(own), *(["last log lines:", *last] if last else [])]


def new_lines(before: list[str], now: list[str]) -> list[str]:
    """What came after `before` in a log of which Azure shows only the end."""
    for size in range(min(len(before), len(now)), 0, -1):
        if before[-size:] == now[:size]:
            return now[size:]
    return now


def _stamped(raw: str) -> LogLine | None:
    stamp = STAMP.match(raw)
    if stamp is None:
        return None
    rest = raw[stamp.end() :]
    parts = PARTED.match(rest) or PLAIN.match(rest)
    assert parts is not None, "the second pattern matches everything"
    named = parts.groupdict()
    request = REQUEST_ID.search(rest)
    return LogLine(
        time=_moment(*stamp.groups()),
        level=_level(named.get("level")),
        source="service",
        message=named["rest"].strip(),
        request_id=request[1] if request else None,
    )


def _continues(raw: str) -> bool:
    return raw.startswith((" ", "\t", "Traceback")) or bool(re.match(r"[\w.]+(Error|Exception)\b", raw))


def _level(text: str | None) -> Level:
    if text == "CRITICAL":
        return "ERROR"
    return next((level for level in LEVELS if level == text), "INFO")


def _moment(date: str, clock: str, fraction: str, zone: str | None) -> str:
    moment = datetime.fromisoformat(f"{date}T{clock}.{fraction[:6] or '0'}{zone or '+00:00'}")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _is_own(file: str, script: Path | None) -> bool:
    return Path(file).name == (script.name if script else "score.py")


def _shown(match: re.Match[str], script: Path | None) -> str:
    return f"{script or match['file']}:{match['line']} in {match['function']}: {match['source'].strip()}"

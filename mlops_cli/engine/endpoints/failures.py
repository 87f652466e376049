"""Why a revision does not work, told so that its author finds the line."""

import re
from collections.abc import Mapping
from pathlib import Path

import requests

from mlops_cli.domain.endpoints import LogLine
from mlops_cli.engine.endpoints import journal
from mlops_cli.engine.serving.spec import Frame, StartupFailure
from mlops_cli.errors import WorkFailedError

LOG_LINES = 8
TRACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>.+)\n\s+(?P<source>.+)')
Origin = Mapping[str, str]
"""The user's own path of a file that was copied, by the copy's path."""


def startup(failure: StartupFailure, service: Path, origin: Origin) -> WorkFailedError:
    """The error for a worker that did not start."""
    details = [_shown(frame, origin) for frame in failure.frames] + last_lines(service)
    hint = failure.hint or "correct the entry script and deploy again"
    return WorkFailedError(_original(failure.message, origin), hint=hint, details=details)


def scoring(answer: requests.Response, service: Path, origin: Origin) -> WorkFailedError:
    """The error for a sample that was not answered with 200."""
    try:
        message = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        message = answer.text[:200]
    frames = [frame for line in journal.read(service, tail=50) for frame in _frames(line, service)]
    details = [_shown(frame, origin) for frame in frames] + last_lines(service)
    text = f"one row was not scored: {message} (HTTP {answer.status_code})"
    hint = "correct the script, or give a payload that it takes: --sample FILE"
    return WorkFailedError(_original(text, origin), hint=hint, details=details)


def last_lines(service: Path) -> list[str]:
    """The end of the service's log, under a heading; empty when there is none."""
    lines = [line for line in journal.read(service, tail=50) if line.message and line.source != "request"]
    shown = [f"{line.level:<7} {line.source}: {line.message.splitlines()[-1]}" for line in lines[-LOG_LINES:]]
    return ["last log lines:", *shown] if shown else []


def _frames(line: LogLine, service: Path) -> list[Frame]:
    """The frames of a logged traceback that lie in the service's own directory."""
    found = [
        Frame(m["file"], int(m["line"]), m["function"], m["source"]) for m in TRACE.finditer(line.message)
    ]
    return [frame for frame in found if Path(frame.file).is_relative_to(service)]


def _shown(frame: Frame, origin: Origin) -> str:
    return f"{origin.get(frame.file, frame.file)}:{frame.line} in {frame.function}: {frame.source}"


def _original(text: str, origin: Origin) -> str:
    for copy, own in origin.items():
        text = text.replace(copy, own)
    return text

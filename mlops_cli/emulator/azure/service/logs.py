"""The log of a service as text."""

from __future__ import annotations

from collections.abc import Iterable

from mlops_cli.domain.endpoints import LogLine


def text(lines: Iterable[LogLine], tail: int) -> str:
    """The last `tail` lines in the form of Azure's inference server: time | logger | LEVEL | message."""
    ordered = sorted(lines, key=lambda line: line.time)
    shown = [row for line in ordered for row in _shown(line).splitlines()]
    return "\n".join(shown[-tail:]) + "\n" if shown else ""


def _shown(line: LogLine) -> str:
    stamp = line.time.replace("T", " ").replace(".", ",").removesuffix("Z")
    request = f" (request id: {line.request_id})" if line.request_id else ""
    first, newline, rest = line.message.partition("\n")
    return f"{stamp} | {line.source} | {line.level} | {first}{request}{newline}{rest}"

"""Parts of files: the Range header (RFC 9110, 14) and its twin x-ms-range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mlops_cli.emulator.wire.messages import FileSlice, Response


def sliced(path: Path, size: int, asked: Mapping[str, str], headers: dict[str, str]) -> Response:
    """The file, or the part that `asked` (request headers) names: 200, 206 or 416."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    wanted = asked.get("x-ms-range") or asked.get("range")
    if not wanted:
        return Response(200, FileSlice(path, 0, size), headers)
    span = _span(wanted, size)
    if span is None:
        headers |= {"Content-Range": f"bytes */{size}", "x-ms-error-code": "InvalidRange"}
        return Response(416, b"", headers)
    start, end = span
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Response(206, FileSlice(path, start, end - start + 1), headers)


def _span(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte; None when the range lies outside the file."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if not match or not (match[1] or match[2]):
        return (0, size - 1) if size else None
    if not match[1]:
        return (max(0, size - int(match[2])), size - 1) if size and int(match[2]) else None
    start = int(match[1])
    end = min(int(match[2]), size - 1) if match[2] else size - 1
    return (start, end) if start <= end else None

"""HdrHistogram log files (log format 1.3, encoding V2), as wrk2, JMeter and HdrHistogram's own tools read them.

Written from the published specification of the encoding; values are microseconds up to one hour, to three
significant digits.
"""

import base64
import struct
import zlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from mlops_cli.bench.recording import Recording
from mlops_cli.bench.result import Result
from mlops_cli.writing import write_text

DIGITS = 3
SUB_BUCKET_BITS = 11
"""2,048 linear steps per bucket, the least that keeps three digits."""
HIGHEST_US = 3_600_000_000
_V2 = 0x1C849303 | 0x10
_V2_COMPRESSED = 0x1C849304 | 0x10


def write_log(recording: Recording, result: Result, path: Path) -> None:
    """One histogram per second of the run, of the same requests as the result's percentiles."""
    start = datetime.fromisoformat(result.started_at).timestamp()
    lines = [
        "#[Histogram log format version 1.3]",
        f"#[StartTime: {start:.3f} (seconds since epoch), {result.started_at}]",
        '"StartTimestamp","Interval_Length","Interval_Max","HdrHistogram"',
    ]
    for second, values in sorted(_by_second(recording).items()):
        length = min(1.0, recording.ended - recording.started - second)
        highest = max(values) / 1000
        lines.append(f"{second:.3f},{max(length, 0.001):.3f},{highest:.3f},{encode(values)}")
    write_text(path, "\n".join(lines) + "\n")


def encode(values_us: Iterable[int]) -> str:
    """A histogram of microseconds, compressed and in base64."""
    counts: dict[int, int] = {}
    for value in values_us:
        index = counts_index(value)
        counts[index] = counts.get(index, 0) + 1
    body = _packed(counts)
    head = struct.pack(">iiiiqqd", _V2, len(body), 0, DIGITS, 1, HIGHEST_US, 1.0)
    packed = zlib.compress(head + body)
    return base64.b64encode(struct.pack(">ii", _V2_COMPRESSED, len(packed)) + packed).decode()


def counts_index(value: int) -> int:
    """Where HdrHistogram counts `value`: linear within a bucket, buckets in powers of two."""
    value = min(max(value, 0), HIGHEST_US)
    shift = max(0, value.bit_length() - SUB_BUCKET_BITS)
    return (shift << (SUB_BUCKET_BITS - 1)) + (value >> shift)


def _packed(counts: dict[int, int]) -> bytes:
    """Counts in order, a run of zeros as its negative length, each in ZigZag LEB128."""
    out = bytearray()
    at = 0
    for index in sorted(counts):
        if index > at:
            out += _zigzag(at - index)
        out += _zigzag(counts[index])
        at = index + 1
    return bytes(out)


def _zigzag(number: int) -> bytes:
    rest = (number << 1) ^ (number >> 63)
    out = bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _by_second(recording: Recording) -> dict[int, list[int]]:
    unanswered = set(recording.unanswered)
    seconds: dict[int, list[int]] = {}
    for index, (finished, latency) in enumerate(zip(recording.finished, recording.latency, strict=True)):
        if index not in unanswered:
            seconds.setdefault(int(finished - recording.started), []).append(round(latency * 1e6))
    return seconds

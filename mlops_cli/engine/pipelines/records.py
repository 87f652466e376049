"""The records of a run's attempts, as others read them.

All attempts share one file, as each file more would cost. A byte of it is locked as long as the attempt with its
number lives; lines begin with the attempt's name and say its process id, and at the end its result as JSON.
"""

import fcntl
import os
import struct

from mlops_cli.engine.pipelines import place

FLOCK = "hhqqq"
"""`struct flock`, see fcntl(2): type, whence, start, length, process."""


def lock(number: int) -> bytes:
    """What an attempt with this number holds: an open file description lock of one byte."""
    return struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, number, 1, 0)


def is_held(attempt: str, number: int) -> bool:
    """Whether the attempt's process lives."""
    try:
        records = os.open(place.records_of(attempt), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        found = fcntl.fcntl(records, fcntl.F_OFD_GETLK, lock(number))
    finally:
        os.close(records)
    return bool(struct.unpack(FLOCK, found)[0] != fcntl.F_UNLCK)


def read(attempt: str) -> list[bytes]:
    """What was written down of the attempt, in order."""
    try:
        with open(place.records_of(attempt), "rb") as records:
            lines = records.read().split(b"\n")
    except FileNotFoundError:
        return []
    name = attempt.rpartition("/")[2].encode() + b" "
    return [line.removeprefix(name) for line in lines if line.startswith(name)]


def read_pid(attempt: str) -> int | None:
    """The process that came last."""
    pids = [int(record) for record in read(attempt) if record.isdigit()]
    return pids[-1] if pids else None

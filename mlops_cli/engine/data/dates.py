"""Dates written as text: ISO 8601, or month/day/year with or without a time."""

import re

import pyarrow as pa
import pyarrow.compute as pc

SLASHED = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S")
LOOKS_LIKE = re.compile(r"(\d{4}-\d{2}-\d{2}([T ].*)?|\d{1,2}/\d{1,2}/\d{4}( .*)?)$")
STAMP = pa.timestamp("us")


def parse(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """The text column as timestamps (UTC where a zone is written), or None when a value is no date.

    One form has to fit every value, so that no day is taken for a month halfway down a file.
    """
    first = next((value for chunk in column.chunks for value in chunk if value.is_valid), None)
    if first is None or not LOOKS_LIKE.match(first.as_py()):
        return None
    for kind in (STAMP, pa.timestamp("us", "UTC")):
        try:
            return pc.cast(column, kind).cast(STAMP)
        except pa.ArrowInvalid:
            continue
    for form in SLASHED:
        stamps = pc.strptime(column, format=form, unit="us", error_is_null=True)
        if stamps.null_count == column.null_count:
            return stamps
    return None

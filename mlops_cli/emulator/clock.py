"""Times as Azure writes them."""

import datetime
from email.utils import formatdate


def now() -> str:
    """ISO 8601 with microseconds and offset."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


def iso(seconds: float) -> str:
    """The same for a moment in seconds since 1970."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="microseconds")


def http_date(seconds: float) -> str:
    """RFC 1123, as in Last-Modified."""
    return formatdate(seconds, usegmt=True)

"""How dates are written: the forms that training finds out are the forms that a service takes."""

from datetime import datetime

DATE_FORMATS = (
    "iso",
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%m-%d-%Y",
    "%d-%m-%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%Y-%m",
)
DATE_NUMBERS = ("%Y%m%d", "%Y%m", "%Y")
"""Whole numbers that are dates where a date is asked for."""


def is_date(text: str) -> bool:
    """Whether `text` is a date in any of the forms."""
    return any(read_date(text, form) is not None for form in (*DATE_FORMATS, *DATE_NUMBERS))


def read_date(text: str, form: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if form == "iso" else datetime.strptime(text, form)
    except ValueError:
        return None

"""One value at a time: what a number, a date or a category looks like in JSON, CSV and pandas alike."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from mlops_cli.domain.dates import DATE_FORMATS, DATE_NUMBERS, read_date

NAN = math.nan
_BOOLEANS = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
_MISSING = frozenset({"", "nan", "none", "null", "na", "n/a", "<na>", "nat"})
_LARGEST = 3e38
_GLANCE = 20
_SPACED = re.compile(r"(?<=\d)[ \xa0\u202f'\u2019](?=\d{3}(?!\d))")
_POINTED = re.compile(r"\.(?=\d{3}(?!\d))")
_COMMA_ONLY = re.compile(
    r"[-+]?(\d+,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+|\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,})"
)
_POINT_ONLY = re.compile(
    r"[-+]?(\d+\.(\d{1,2}|\d{4,})|0?\.\d+|\d{4,}\.\d+|\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,})"
)


def to_number(value: Any, decimal_comma: bool = False) -> float:
    """`value` as a float; NaN when it is missing, infinite or no number. Text such as "1,234.5" is a number, or
    with `decimal_comma` such as "1.234,5"."""
    if decimal_comma and isinstance(value, str):
        number = _number_in_text(value, decimal_comma)
    else:
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = _number_in_text(value)
    return number if -_LARGEST < number < _LARGEST else NAN


def _number_in_text(value: Any, decimal_comma: bool = False) -> float:
    boolean = _BOOLEANS.get(str(value).strip().lower())
    return written_number(str(value), decimal_comma) if boolean is None else boolean


def written_number(text: str, decimal_comma: bool = False) -> float:
    """The number that `text` writes, with a currency, a percent sign or groups of digits; NaN when there is none."""
    digits = _SPACED.sub("", text.strip("$€£% \t\xa0"))
    digits = _POINTED.sub("", digits).replace(",", ".") if decimal_comma else digits.replace(",", "")
    try:
        return float(digits)
    except ValueError:
        return NAN


def has_decimal_comma(texts: Iterable[str]) -> bool:
    """Whether some of `texts`, all of one column, can only be meant as 1.234,5 and none only as 1,234.5."""
    bare = [_SPACED.sub("", text.strip("$€£% \t\xa0")) for text in texts]
    return any(map(_COMMA_ONLY.fullmatch, bare)) and not any(map(_POINT_ONLY.fullmatch, bare))


def is_missing(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip().lower() in _MISSING
    return bool(value != value)


def to_key(value: Any) -> str | None:
    """The name of a category: 1, 1.0 and "1" are one; None when missing."""
    if isinstance(value, str):
        text = value.strip()
        return text or None
    if value is None or _is_nan(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _is_nan(value: Any) -> bool:
    try:
        return bool(value != value)
    except TypeError:  # pandas.NA
        return True


def to_datetime(value: Any, form: str = "iso") -> datetime | None:
    """`value` as a naive UTC datetime; a number is milliseconds since 1970, unless `form` is one of numbers. None
    when it is no date."""
    try:
        if isinstance(value, str):
            moment = read_date(value.strip(), form)
        elif isinstance(value, datetime):
            moment = value
        elif isinstance(value, int | float) and not isinstance(value, bool):
            counted = form not in DATE_NUMBERS
            moment = datetime.fromtimestamp(value / 1000, UTC) if counted else read_date(f"{value:.0f}", form)
        else:
            return None
        if moment is None or moment != moment:
            return None
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError, OSError):
        return None


def parse_date(value: Any, form: str) -> datetime | None:
    """As `to_datetime`; what does not fit `form` is tried as ISO 8601."""
    return to_datetime(value, form) or (to_datetime(value) if form != "iso" else None)


def date_format(texts: list[str], share: float = 0.95, forms: tuple[str, ...] = DATE_FORMATS) -> str | None:
    """The first of `forms` that reads at least `share` of `texts`, or None."""
    for form in forms:
        if _reads(form, texts[:_GLANCE], share / 2) and _reads(form, texts, share):
            return form
    return None


def _reads(form: str, texts: list[str], share: float) -> bool:
    return bool(texts) and sum(to_datetime(t, form) is not None for t in texts) >= share * len(texts)

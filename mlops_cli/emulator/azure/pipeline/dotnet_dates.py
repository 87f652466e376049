"""Dates as .NET reads and writes them: its standard format letters and its custom patterns."""

from __future__ import annotations

import datetime
import re

_STANDARD = {
    "d": "MM/dd/yyyy",
    "D": "dddd, dd MMMM yyyy",
    "f": "dddd, dd MMMM yyyy HH:mm",
    "F": "dddd, dd MMMM yyyy HH:mm:ss",
    "g": "MM/dd/yyyy HH:mm",
    "G": "MM/dd/yyyy HH:mm:ss",
    "M": "MMMM dd",
    "O": "yyyy-MM-ddTHH:mm:ss.fffffffK",
    "R": "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
    "s": "yyyy-MM-ddTHH:mm:ss",
    "t": "HH:mm",
    "T": "HH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ss'Z'",
    "Y": "yyyy MMMM",
}
_SAME = {"o": "O", "r": "R", "m": "M", "y": "Y"}
_DIRECTIVES = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "dddd": "%A", "ddd": "%a", "dd": "%d",
    "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "tt": "%p",
}  # fmt: skip
_PART = re.compile(r"'([^']*)'|\"([^\"]*)\"|\\(.)|%?(([yMdHhmsftzK])\5*)|(.)", re.DOTALL)


def read(text: str) -> datetime.datetime:
    """A moment with a time zone; UTC where the text has none. Raises ValueError."""
    found = datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.strip()))
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def write(moment: datetime.datetime, pattern: str = "o") -> str:
    pattern = _STANDARD.get(_SAME.get(pattern, pattern), pattern)
    return "".join(_text(moment, part) for part in _PART.finditer(pattern))


def _text(moment: datetime.datetime, part: re.Match[str]) -> str:
    token = part[4]
    if token is None:
        return next(text for text in (*part.groups()[:3], part[6]) if text is not None)
    if token in _DIRECTIVES:
        return moment.strftime(_DIRECTIVES[token])
    if token[0] == "f":
        return f"{moment.microsecond:06d}0"[: len(token)]
    if token[0] in "Kz":
        return _offset(moment, token)
    return str(_number(moment, token[0]))


def _offset(moment: datetime.datetime, letters: str) -> str:
    if letters == "K" and moment.tzname() == "UTC":
        return "Z"
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:5]}" if letters in ("K", "zzz") else text[:3]


def _number(moment: datetime.datetime, letter: str) -> int:
    hour = moment.hour
    return {"y": moment.year % 100, "M": moment.month, "d": moment.day, "H": hour, "h": hour % 12 or 12,
            "m": moment.minute, "s": moment.second, "t": hour // 12}[letter]  # fmt: skip

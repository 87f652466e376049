"""Letters that the encoding of stdout does not have, as where the locale is of Latin-1."""

from __future__ import annotations

import codecs
import struct
import sys
from io import TextIOWrapper


def escape() -> None:
    """From now on they are written as JSON escapes them: a document stays one, and nothing fails."""
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        codecs.register_error("mlops-escape", _escaped)
        sys.stdout.reconfigure(errors="mlops-escape")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lost = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{unit:04x}" for (unit,) in struct.iter_unpack(">H", lost)), error.end

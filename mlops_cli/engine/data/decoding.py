"""Which encoding a text file has, and its content as UTF-8."""

import codecs

from charset_normalizer import from_bytes

from mlops_cli.errors import DataError

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CANDIDATES = [
    *("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("shift_jis", "euc_jp", "gb18030", "big5", "euc_kr"),
]
SAMPLE_BYTES = 64 * 1024


def decode(content: bytes, name: str, encoding: str | None = None) -> tuple[bytes, str]:
    """The content as UTF-8 without a byte order mark, and the encoding it had.

    Raises DataError for binary content, and when `encoding` is unknown or does not fit.
    """
    found = encoding or detect(content, name)
    try:
        text = content.decode(found)
    except LookupError:
        hint = "write it as Python does: utf-8, utf-16, cp1252, latin-1, ..."
        raise DataError(f"there is no encoding '{found}'", hint=hint) from None
    except UnicodeError as error:
        raise DataError(
            _misfit(content, name, found, error), hint="leave --encoding out to detect it"
        ) from None
    if "\0" in text:
        raise _binary(name)
    return text.removeprefix("\ufeff").encode(), found


def detect(content: bytes, name: str) -> str:
    """The encoding of `content`: by its mark, else UTF-8 if it is that, else the most likely one."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return encoding
    if b"\0" in content[:SAMPLE_BYTES]:
        return _unmarked_utf16(content, name)
    try:
        content.decode()
    except UnicodeDecodeError:
        return _guess(content, name)
    return "utf-8"


def _unmarked_utf16(content: bytes, name: str) -> str:
    sample = content[:SAMPLE_BYTES]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if zeros.count(0) > 0.7 * len(zeros) and sample.count(0) <= len(zeros):
            return encoding
    raise _binary(name)


def _guess(content: bytes, name: str) -> str:
    telling = b"\n".join(line for line in content.splitlines() if not line.isascii())[:SAMPLE_BYTES]
    best = from_bytes(telling, cp_isolation=CANDIDATES).best()
    if best is None:
        raise _binary(name)
    return "cp1252" if "cp1252" in best.could_be_from_charset else best.encoding


def _binary(name: str) -> DataError:
    return DataError(f"{name} is a binary file, not a table", hint="give a CSV, TSV or Parquet file")


def _misfit(content: bytes, name: str, encoding: str, error: UnicodeError) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return f"{name} is not {encoding}: {error}"
    line = content.count(b"\n", 0, error.start) + 1
    return f"{name}:{line}: not {encoding}: byte 0x{content[error.start]:02x} ({error.reason})"

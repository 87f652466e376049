"""The bytes of a data file, refused early when they cannot be a table."""

from pathlib import Path

from mlops_cli.errors import DataError, NotFoundError

PARQUET_MAGIC = b"PAR1"
MAGICS: dict[bytes, tuple[str, str]] = {
    b"\x89PNG": ("a PNG image", ""),
    b"\xff\xd8\xff": ("a JPEG image", ""),
    b"%PDF": ("a PDF document", ""),
    b"PK\x03\x04": ("a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "save the sheet as CSV"),
    b"\x1f\x8b": ("a gzip archive", "unpack it first: gunzip FILE"),
    b"BZh": ("a bzip2 archive", "unpack it first: bunzip2 FILE"),
    b"SQLite format 3": ("an SQLite database", "export the table as CSV"),
}
ACCEPTED = "give a CSV, TSV or Parquet file"


def load(path: Path) -> bytes:
    """The content of the file. Raises NotFoundError, or DataError for a directory, nothing, or no table."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(f"{path}: no such file", hint=_nearby(path)) from None
    except IsADirectoryError:
        raise DataError(f"{path} is a directory", hint=f"{ACCEPTED}, not a folder") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}", hint="check its permissions") from error
    if not content.strip():
        raise DataError(f"{path} is empty", hint=f"{ACCEPTED} with a header line")
    for magic, (kind, hint) in MAGICS.items():
        if content.startswith(magic):
            raise DataError(f"{path} is {kind}, not a table", hint=hint or ACCEPTED)
    return content


def _nearby(path: Path) -> str:
    folder = path.parent
    tables = sorted(p.name for p in folder.glob("*") if p.suffix in {".csv", ".tsv", ".parquet"})
    return f"in {folder} there is: {', '.join(tables[:5])}" if tables else "check the path"

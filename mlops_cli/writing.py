"""Files that a user names for a result; what the system says against one becomes an error that names it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mlops_cli.errors import StateError


def check_place(path: Path) -> None:
    """Raises StateError where no file can be made; asked before the work whose result goes there."""
    if path.is_dir() or not path.parent.is_dir():
        why = "it is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise StateError(f"cannot write {path}: {why}", hint="choose another file")


@contextmanager
def errors_of(path: Path) -> Iterator[None]:
    """Turns an OSError into a StateError."""
    try:
        yield
    except OSError as error:
        raise StateError(
            f"cannot write {path}: {error.strerror or error}", hint="choose another file"
        ) from None


def write_text(path: Path, text: str) -> None:
    """As `write_bytes`, in UTF-8."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write the file whole or not at all; a device or a pipe as it is. Raises StateError."""
    if path.exists() and not path.is_file():
        return _append(path, content)
    part = path.with_name(f".{path.name}.part")
    with errors_of(path):
        try:
            part.write_bytes(content)
            part.replace(path)
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise
    return None


def append_text(path: Path, text: str) -> None:
    """Add to the file. Raises StateError."""
    _append(path, text.encode())


def _append(path: Path, content: bytes) -> None:
    with errors_of(path), path.open("ab") as file:
        file.write(content)

"""Writing so that a kill at any moment leaves the old file or the new one, and locking across processes."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlops_cli.errors import StateError


def write_atomic(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Replace `path` by `content` in one step; a reader never sees half of it."""
    with state_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def state_errors(place: Path) -> Iterator[None]:
    """Turn the operating system's refusals (read-only, full, not ours) into a `StateError` naming `place`."""
    try:
        yield
    except (PermissionError, OSError) as error:
        if isinstance(error, FileNotFoundError | FileExistsError) or error.errno is None:
            raise
        hint = "free some space or set MLOPS_HOME to a directory that can be written"
        raise StateError(f"cannot write below {place}: {error.strerror}", hint=hint) from error


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True, shared: bool = False) -> Iterator[bool]:
    """Hold the lock file `path`; yields whether it is held (always true with `wait`).

    Those who hold it `shared` keep out only who wants it alone. The operating system frees the lock when the
    process ends, however it ends.
    """
    with state_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(handle, kind | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)

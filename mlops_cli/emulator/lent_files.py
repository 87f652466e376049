"""Files that a program finds in its folder while it runs, where the folder has none of its own.

A config.json, as `Workspace.from_config()` looks at nothing else; and an .amlignore that keeps the emulator's
state out of snapshots of the folder, which would hold each other and never be the same twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mlops_cli.emulator.lifecycle import found_workspace_config
from mlops_cli.engine.files import write_atomic


@contextlib.contextmanager
def lent_config(names: dict[str, str], cwd: Path) -> Iterator[None]:
    """Where `cwd` and the folders above have none, let `.azureml/config.json` have `names` during the block."""
    folder = cwd / ".azureml"
    if found_workspace_config(cwd):
        yield
        return
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
    with _lent(folder / "config.json", msgspec.json.encode(names) + b"\n"):
        yield
    with contextlib.suppress(OSError):
        folder.rmdir()


@contextlib.contextmanager
def lent_ignore(home: Path, cwd: Path) -> Iterator[None]:
    """Where `home` is below `cwd`, keep it out of snapshots of `cwd` during the block.

    The SDK reads .amlignore in place of .gitignore: its lines stay in force. An .amlignore of the project is
    left as it is.
    """
    if cwd not in home.parents:
        yield
        return
    lines = f"/.amlignore\n/{home.relative_to(cwd).as_posix()}\n".encode()
    with contextlib.suppress(OSError):
        lines = (cwd / ".gitignore").read_bytes() + b"\n" + lines
    with _lent(cwd / ".amlignore", lines):
        yield


@contextlib.contextmanager
def _lent(path: Path, content: bytes) -> Iterator[None]:
    """Have the file during the block, unless it is there already.

    The program may write it anew (`Workspace.write_config`): then it is the program's and stays.
    """
    lent = None
    if not path.exists():
        with contextlib.suppress(OSError):
            write_atomic(path, content)
            lent = path.stat()
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            now = path.stat()
            if lent and (now.st_ino, now.st_mtime_ns) == (lent.st_ino, lent.st_mtime_ns):
                path.unlink()

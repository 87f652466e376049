"""A config.json for programs that expect one: `Workspace.from_config()` looks at nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mlops_cli.emulator.lifecycle import found_workspace_config
from mlops_cli.engine.files import write_atomic


@contextlib.contextmanager
def lent_config(names: dict[str, str], cwd: Path) -> Iterator[Path | None]:
    """Where `cwd` and the folders above have none, let `.azureml/config.json` have `names` during the block.

    The program may write the file anew (`Workspace.write_config`): then it is the program's and stays.
    """
    folder = cwd / ".azureml"
    path = folder / "config.json"
    if found_workspace_config(cwd) or path.exists():
        yield None
        return
    try:
        folder.mkdir(exist_ok=True)
        write_atomic(path, msgspec.json.encode(names) + b"\n")
    except OSError:
        yield None
        return
    lent = path.stat()
    try:
        yield path
    finally:
        with contextlib.suppress(OSError):
            now = path.stat()
            if (now.st_ino, now.st_mtime_ns) == (lent.st_ino, lent.st_mtime_ns):
                path.unlink()
                folder.rmdir()

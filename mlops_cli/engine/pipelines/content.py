"""What a file or folder holds, as one hash, and snapshots of code by that hash."""

import hashlib
import os
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

from mlops_cli.engine.files import state_errors
from mlops_cli.engine.pipelines import layout
from mlops_cli.errors import NotFoundError, UsageError

MOST_BYTES = 300 * 1024 * 1024
"""Azure's limit for a snapshot."""
CHUNK = 1024 * 1024
BLOCK_BYTES = 4096
SMALL_BYTES = 16 * BLOCK_BYTES
IGNORE_FILES = (".amlignore", ".gitignore")
STATE_FILE = "store.sqlite"
"""What tells a state directory, which may lie beside the code and is no part of it."""


def content_hash(path: Path) -> str:
    """SHA-256 over the names and bytes of all files below `path`, or over one file's bytes."""
    digest = hashlib.sha256()
    if path.is_file():
        _feed(digest, path)
        return digest.hexdigest()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        digest.update(os.fsencode(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0"))
        _feed(digest, file)
    return digest.hexdigest()


def code_hash(folder: Path) -> str:
    """The same for a source directory, without what no snapshot takes, with which files are executable.

    Raises UsageError when it is too large, or when a name in it is no text.
    """
    digest = hashlib.sha256()
    size = 0
    for file in code_files(folder):
        known = file.stat()
        size += known.st_size
        if size > MOST_BYTES:
            hint = f"name what is no code in {folder / IGNORE_FILES[0]}, or set source_directory to another folder"
            raise UsageError(f"the source directory {folder} is larger than 300 MB", hint=hint)
        mode = "x" if known.st_mode & stat.S_IXUSR else ""
        digest.update(f"{_name(file, folder)}\0{mode}{known.st_size}\0".encode())
        _feed(digest, file)
    return digest.hexdigest()


def code_files(folder: Path) -> list[Path]:
    """The files of a snapshot, in order: nothing hidden, nothing compiled, nothing that is to be ignored."""
    ignored = _ignored(folder)
    return sorted(file for file in _walk(folder) if not ignored(str(file.relative_to(folder))))


def _ignored(folder: Path) -> Callable[[str], bool]:
    """By .amlignore, or else .gitignore, of the source directory, as Azure's snapshots."""
    found = next((folder / name for name in IGNORE_FILES if (folder / name).is_file()), None)
    if found is None:
        return lambda _: False
    from pathspec import PathSpec

    try:
        lines = found.read_text(encoding="utf-8", errors="replace").splitlines()
        return PathSpec.from_lines("gitwildmatch", lines).match_file
    except ValueError as error:
        raise UsageError(f"{found}: {error}", hint="correct the pattern") from None


def _name(file: Path, folder: Path) -> str:
    name = file.relative_to(folder).as_posix()
    try:
        name.encode()
    except UnicodeEncodeError:
        message = f"the source directory {folder} holds a file whose name is no UTF-8: {os.fsencode(name)!r}"
        raise UsageError(message, hint="rename or remove it") from None
    return name


def snapshot(home: Path, folder: Path) -> str:
    """Keep a copy of the source directory; returns its hash."""
    if not folder.is_dir():
        raise NotFoundError(f"there is no source directory {folder}", hint="correct it in the pipeline")
    content = code_hash(folder)
    target = layout.code_dir(home, content)
    if target.exists():
        return content
    with state_errors(target.parent):
        draft = target.parent / f".{uuid.uuid4().hex}"
        try:
            copy_code(folder, draft)
            kept = code_hash(draft)
            place = layout.code_dir(home, kept)
            try:
                draft.rename(place)
            except OSError:
                if not place.exists():
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return kept


def listing(folder: Path) -> tuple[list[str], list[str]]:
    """The folders, parents first, and the files of a snapshot, as names below it."""
    files = [file.relative_to(folder) for file in code_files(folder)]
    folders = {parent for file in files for parent in file.parents} - {Path()}
    return sorted(map(str, folders)), list(map(str, files))


def is_small(folder: Path) -> bool:
    """Whether it takes next to nothing on a disk, where files take whole blocks."""
    sizes = (max(path.lstat().st_size, BLOCK_BYTES) for path in folder.rglob("*"))
    try:
        return all(total <= SMALL_BYTES for total in accumulate(sizes))
    except OSError:  # what a step has left running removes files meanwhile
        return False


def copy_code(folder: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for file in code_files(folder):
        place = target / file.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)


def _walk(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Links are followed, but not to a folder that this one lies in."""
    within = above | {folder.resolve()}
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir() and not (path / STATE_FILE).exists():
            if path.resolve() not in within:
                yield from _walk(path, within)
        elif path.is_file():
            yield path


def _feed(digest: "hashlib._Hash", file: Path) -> None:
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)

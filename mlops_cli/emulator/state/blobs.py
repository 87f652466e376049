"""Blobs: a row per blob, its bytes in a file of their own. Who writes into one of many names writes a copy."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import msgspec
from msgspec import Struct

from mlops_cli.emulator.state.database import Database

_COLUMNS = "account, container, name, file, size, etag, created, modified, headers"


class Blob(Struct, frozen=True):
    """`headers` are those kept with the blob: content type, MD5, x-ms-meta-*. Times are seconds since 1970."""

    account: str
    container: str
    name: str
    path: Path
    size: int
    etag: str
    created: float
    modified: float
    headers: dict[str, str]


class Blobs:
    """The containers and blobs of every storage account of an instance."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add_container(self, account: str, name: str, *, public: bool = False) -> bool:
        """False when it exists already."""
        statement = "INSERT OR IGNORE INTO containers (account, name, public) VALUES (?, ?, ?)"
        return bool(self._database.execute(statement, (account, name, int(public))))

    def containers(self, account: str) -> list[str]:
        query = "SELECT name FROM containers WHERE account = ? ORDER BY name"
        return [row[0] for row in self._database.rows(query, (account,))]

    def remove_container(self, account: str, name: str) -> None:
        for blob in self.under(account, name):
            self.delete(account, name, blob.name)
        self._database.execute("DELETE FROM containers WHERE account = ? AND name = ?", (account, name))

    def has_container(self, account: str, name: str) -> bool:
        return self._container(account, name) is not None

    def is_public(self, account: str, name: str) -> bool:
        return self._container(account, name) == 1

    def _container(self, account: str, name: str) -> int | None:
        query = "SELECT public FROM containers WHERE account = ? AND name = ?"
        row = self._database.row(query, (account, name))
        return row[0] if row else None

    def put(
        self, account: str, container: str, name: str, content: IO[bytes], headers: dict[str, str]
    ) -> Blob:
        """Write the blob, or replace it in one step."""
        content.seek(0)
        file = self._new_file()
        with file.open("wb") as target:
            shutil.copyfileobj(content, target, 1 << 20)
        return self._keep(account, container, name, file, headers)

    def link(self, account: str, container: str, name: str, file: Path, headers: dict[str, str]) -> Blob:
        """Make a file outside of the store a blob, without copying it; it may still grow."""
        return self._keep(account, container, name, file.resolve(), headers)

    def put_block(self, account: str, container: str, name: str, block: str, content: IO[bytes]) -> None:
        content.seek(0)
        file = self._new_file()
        with file.open("wb") as target:
            shutil.copyfileobj(content, target, 1 << 20)
        self._database.execute(
            "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?)",
            (account, container, name, block, file.name, file.stat().st_size),
        )

    def commit(
        self, account: str, container: str, name: str, blocks: Sequence[str], headers: dict[str, str]
    ) -> Blob | None:
        """Make the blob out of its blocks, in the order given; None when a block is unknown."""
        query = "SELECT block, file FROM blocks WHERE account = ? AND container = ? AND name = ?"
        known = dict(self._database.rows(query, (account, container, name)))
        if any(block not in known for block in blocks):
            return None
        target = self._new_file()
        with target.open("wb") as whole:
            for block in blocks:
                with (self._folder / known[block]).open("rb") as part:
                    shutil.copyfileobj(part, whole, 1 << 20)
        blob = self._keep(account, container, name, target, headers)
        self._forget_blocks(account, container, name)
        for file in known.values():
            (self._folder / file).unlink(missing_ok=True)
        return blob

    def append(self, blob: Blob, content: IO[bytes]) -> Blob:
        """Add to the end of a blob. What a kill has left of an earlier addition goes."""
        return self.write(blob, blob.size, content)

    def write(self, blob: Blob, start: int, content: IO[bytes]) -> Blob:
        """Write over a part of a blob. A file that was linked here, or a hard link elsewhere, stays as it was."""
        content.seek(0)
        path = self._own_file(blob)
        with self._database.transaction(), path.open("r+b") as file:
            file.truncate(blob.size)
            file.seek(start)
            shutil.copyfileobj(content, file, 1 << 20)
            file.flush()
            return self._keep(blob.account, blob.container, blob.name, path, blob.headers)

    def resize(self, blob: Blob, size: int) -> Blob:
        """Cut the blob off, or make it longer with zeros."""
        path = self._own_file(blob)
        os.truncate(path, size)
        return self._keep(blob.account, blob.container, blob.name, path, blob.headers)

    def _own_file(self, blob: Blob) -> Path:
        if blob.path.parent == self._folder and blob.path.stat().st_nlink == 1:
            return blob.path
        return Path(shutil.copyfile(blob.path, self._new_file()))

    def get(self, account: str, container: str, name: str) -> Blob | None:
        query = f"SELECT {_COLUMNS} FROM blobs WHERE account = ? AND container = ? AND name = ?"  # noqa: S608
        row = self._database.row(query, (account, container, name))
        return self._blob(row) if row else None

    def under(self, account: str, container: str, prefix: str = "") -> list[Blob]:
        """Blobs whose name starts with `prefix`, by name."""
        query = (
            f"SELECT {_COLUMNS} FROM blobs WHERE account = ? AND container = ?"  # noqa: S608
            " AND name >= ? AND name < ? || char(1114111) ORDER BY name"
        )
        rows = self._database.rows(query, (account, container, prefix, prefix))
        return [self._blob(row) for row in rows]

    def delete(self, account: str, container: str, name: str) -> bool:
        blob = self.get(account, container, name)
        statement = "DELETE FROM blobs WHERE account = ? AND container = ? AND name = ?"
        self._database.execute(statement, (account, container, name))
        if blob:
            self._remove(blob.path)
        return blob is not None

    def set_headers(self, blob: Blob, headers: dict[str, str]) -> None:
        statement = "UPDATE blobs SET headers = ? WHERE account = ? AND container = ? AND name = ?"
        values = (msgspec.json.encode(headers), blob.account, blob.container, blob.name)
        self._database.execute(statement, values)

    def sweep(self) -> None:
        """Remove files that no row names: what a kill left of unfinished uploads."""
        query = "SELECT file FROM blobs UNION SELECT file FROM blocks"
        known = {Path(row[0]).name for row in self._database.rows(query)}
        for file in self._folder.iterdir():
            if file.name not in known:
                file.unlink()

    def _keep(self, account: str, container: str, name: str, file: Path, headers: dict[str, str]) -> Blob:
        now = time.time()
        with self._database.transaction():
            old = self.get(account, container, name)
            blob = Blob(
                account, container, name, file, file.stat().st_size, f'"0x{uuid.uuid4().hex[:15].upper()}"',
                old.created if old else now, now, headers,
            )  # fmt: skip
            place = file.name if file.parent == self._folder else os.fspath(file)
            values = (account, container, name, place, blob.size, blob.etag, blob.created, now)
            self._database.execute(
                f"INSERT OR REPLACE INTO blobs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (*values, msgspec.json.encode(headers)),
            )
        if old and old.path != file:
            self._remove(old.path)
        return blob

    def _forget_blocks(self, account: str, container: str, name: str) -> None:
        statement = "DELETE FROM blocks WHERE account = ? AND container = ? AND name = ?"
        self._database.execute(statement, (account, container, name))

    def _remove(self, path: Path) -> None:
        if path.parent == self._folder:
            path.unlink(missing_ok=True)

    def _new_file(self) -> Path:
        return self._folder / uuid.uuid4().hex

    def _blob(self, row: tuple[Any, ...]) -> Blob:
        account, container, name, file, size, etag, created, modified, headers = row
        path = self._folder / file
        if path.parent != self._folder:
            size = path.stat().st_size if path.is_file() else 0
        kept = msgspec.json.decode(headers, type=dict[str, str])
        return Blob(account, container, name, path, size, etag, created, modified, kept)

"""The SQLite file of an emulator instance, shared by all threads of the server."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL,
    UNIQUE (collection, key)
) STRICT;
CREATE TABLE IF NOT EXISTS containers (
    account TEXT NOT NULL, name TEXT NOT NULL, public INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, name)
) STRICT;
CREATE TABLE IF NOT EXISTS blobs (
    account TEXT NOT NULL, container TEXT NOT NULL, name TEXT NOT NULL,
    file TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    created REAL NOT NULL, modified REAL NOT NULL, headers BLOB NOT NULL,
    PRIMARY KEY (account, container, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocks (
    account TEXT NOT NULL, container TEXT NOT NULL, name TEXT NOT NULL, block TEXT NOT NULL,
    file TEXT NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (account, container, name, block)
) STRICT;
"""


class Database:
    """One connection behind a lock. A commit in WAL mode survives the death of the process."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; other threads wait. Nested transactions belong to the outermost."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        with self._lock:
            found: tuple[Any, ...] | None = self._connection.execute(query, values).fetchone()
            return found

    def execute(self, query: str, values: Sequence[Any] = ()) -> int:
        """Change something; returns how many rows were changed."""
        with self._lock:
            return self._connection.execute(query, values).rowcount

    def close(self) -> None:
        with self._lock:
            self._connection.close()

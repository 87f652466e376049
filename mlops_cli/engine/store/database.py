"""One SQLite file in WAL mode: many commands may use it at once, and a kill loses nothing."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from mlops_cli import paths
from mlops_cli.engine.files import locked, state_errors
from mlops_cli.engine.store.migrations import MIGRATIONS
from mlops_cli.errors import StateError

BUSY_SECONDS = 30


class Database:
    """A connection per use, so that it can be shared by threads and survives a fork."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = paths.store(home)
        self._migrated = False

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        with self._errors(), self._connection() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start; rolled back when an exception passes."""
        with self._errors(), self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _connection(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        return contextlib.closing(self._connect())

    def _connect(self) -> sqlite3.Connection:
        with state_errors(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        if not self._migrated:
            self._migrate(connection)
            self._migrated = True
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        if self._version(connection) == len(MIGRATIONS):
            return
        with locked(self.home / "store.lock"):
            connection.execute("PRAGMA journal_mode = WAL")
            for number in range(self._version(connection), len(MIGRATIONS)):
                connection.executescript(
                    f"BEGIN; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
                )

    def _version(self, connection: sqlite3.Connection) -> int:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            message = (
                f"{self.path} was written by a newer mlops (store version {version}, known {len(MIGRATIONS)})"
            )
            raise StateError(message, hint="upgrade mlops, or set MLOPS_HOME to another directory")
        return version

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            hint = "see that the directory can be written and has space, or set MLOPS_HOME to another one"
            raise StateError(f"the store {self.path} cannot be used: {error}", hint=hint) from error


class KeptDatabase(Database):
    """One connection for a process that writes all the time; not for use in another thread or after a fork.

    A kill loses nothing. A power cut may lose the last transactions, never the file.
    """

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self._kept: sqlite3.Connection | None = None

    def _connection(self) -> contextlib.AbstractContextManager[sqlite3.Connection]:
        if self._kept is None:
            self._kept = self._connect()
            self._kept.execute("PRAGMA synchronous = NORMAL")
        return contextlib.nullcontext(self._kept)

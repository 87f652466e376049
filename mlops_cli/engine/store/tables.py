"""What can be asked of the store, one class a kind of thing. Documents are the domain's types as JSON."""

import sqlite3
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from mlops_cli.domain.data import Dataset
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.domain.runs import Model, Run
from mlops_cli.engine.store.database import Database
from mlops_cli.errors import NotFoundError

Versioned = TypeVar("Versioned", Dataset, Model)


class VersionedTable(Generic[Versioned]):
    """Things with a name and versions counted from 1."""

    def __init__(self, database: Database, table: str, kind: type[Versioned]) -> None:
        self._database = database
        self._table = table
        self._kind: type[Versioned] = kind
        self._word = kind.__name__.lower()

    def add(self, name: str, make: Callable[[int, Versioned | None], Versioned | None]) -> Versioned:
        """Add what `make(next_version, latest)` returns, in one transaction; nothing when it returns None.

        Returns the version that is the latest afterwards.
        """
        with self._database.write() as connection:
            latest = self._latest(connection, name)
            new = make(latest.version + 1 if latest else 1, latest)
            if new is None:
                assert latest is not None, "there is nothing to keep"
                return latest
            insert = f"INSERT INTO {self._table} (name, version, document) VALUES (?, ?, ?)"  # noqa: S608
            connection.execute(insert, (name, new.version, msgspec.json.encode(new)))
            return new

    def get(self, name: str, version: int | None = None) -> Versioned:
        """The given version, or the latest. Raises NotFoundError naming what there is."""
        with self._database.read() as connection:
            found = self._latest(connection, name, version)
        if found is None:
            raise self._missing(name, version)
        return found

    def all(self, name: str | None = None) -> list[Versioned]:
        """All versions, newest first within a name."""
        query = f"SELECT document FROM {self._table} WHERE ? IN (name, '') ORDER BY name, version DESC"  # noqa: S608
        with self._database.read() as connection:
            return [self._decode(row) for row in connection.execute(query, (name or "",))]

    def _latest(
        self, connection: sqlite3.Connection, name: str, version: int | None = None
    ) -> Versioned | None:
        query = (
            f"SELECT document FROM {self._table} WHERE name = ? AND version = coalesce(?, version)"  # noqa: S608
            " ORDER BY version DESC LIMIT 1"
        )
        row = connection.execute(query, (name, version)).fetchone()
        return self._decode(row) if row else None

    def _decode(self, row: tuple[bytes]) -> Versioned:
        return msgspec.json.decode(row[0], type=self._kind)

    def _missing(self, name: str, version: int | None) -> NotFoundError:
        known = sorted({thing.name for thing in self.all()})
        wanted = name if version is None else f"{name}:{version}"
        have = f"there is: {', '.join(known)}" if known else f"no {self._word} is registered yet"
        have = "there are other versions of it" if name in known else have
        verb = "data" if self._word == "dataset" else "models"
        return NotFoundError(f"no {self._word} '{wanted}'; {have}", hint=f"see: mlops {verb} list")


class RunTable:
    """AutoML runs and their child runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, run: Run) -> None:
        """Insert the run, or replace the one with its id."""
        with self._database.write() as connection:
            self._put(connection, run)

    def claim(self, key: str, make: Callable[[Run | None], Run | None]) -> Run:
        """In one transaction: show `make` the newest unfinished run with `key`, add what it returns.

        So of two commands that start the same work at once, one starts it and the other finds it.
        """
        with self._database.write() as connection:
            query = "SELECT document FROM runs WHERE key = ? ORDER BY created_at DESC"
            found = [self._decode(row) for row in connection.execute(query, (key,))]
            open_run = next((run for run in found if not run.status.is_final), None)
            new = make(open_run)
            if new is None:
                assert open_run is not None, "there is no run to follow"
                return open_run
            self._put(connection, new)
            return new

    def update(self, run_id: str, change: Callable[[Run], None]) -> Run:
        """Apply `change` to the run in one transaction."""
        with self._database.write() as connection:
            run = self._find(connection, run_id)
            change(run)
            self._put(connection, run)
            return run

    def get(self, run_id: str) -> Run:
        with self._database.read() as connection:
            return self._find(connection, run_id)

    def all(self, *, experiment: str | None = None, limit: int = 1000) -> list[Run]:
        """AutoML runs without their children, newest first."""
        query = (
            "SELECT document FROM runs WHERE parent_id IS NULL AND experiment = coalesce(?, experiment)"
            " ORDER BY created_at DESC, rowid DESC LIMIT ?"
        )
        with self._database.read() as connection:
            return [self._decode(row) for row in connection.execute(query, (experiment, limit))]

    def children(self, run_id: str) -> list[Run]:
        """Child runs in the order in which they ended."""
        query = "SELECT document FROM runs WHERE parent_id = ? ORDER BY rowid"
        with self._database.read() as connection:
            return [self._decode(row) for row in connection.execute(query, (run_id,))]

    def _put(self, connection: sqlite3.Connection, run: Run) -> None:
        statement = (
            "INSERT INTO runs (run_id, parent_id, experiment, key, status, created_at, document)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (run_id) DO UPDATE SET"
            " status = excluded.status, document = excluded.document"
        )
        values = (run.run_id, run.parent_id, run.experiment, run.key, run.status, run.created_at)
        connection.execute(statement, (*values, msgspec.json.encode(run)))

    def _find(self, connection: sqlite3.Connection, run_id: str) -> Run:
        row = connection.execute("SELECT document FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"no run '{run_id}'", hint="see: mlops runs list")
        return self._decode(row)

    def _decode(self, row: tuple[bytes]) -> Run:
        return msgspec.json.decode(row[0], type=Run)


class EndpointTable:
    """Endpoints by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, endpoint: Endpoint) -> None:
        statement = (
            "INSERT INTO endpoints (name, document) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET document = excluded.document"
        )
        with self._database.write() as connection:
            connection.execute(statement, (endpoint.name, msgspec.json.encode(endpoint)))

    def find(self, name: str) -> Endpoint | None:
        with self._database.read() as connection:
            row = connection.execute("SELECT document FROM endpoints WHERE name = ?", (name,)).fetchone()
        return self._decode(row) if row else None

    def get(self, name: str) -> Endpoint:
        found = self.find(name)
        if found is None:
            known = ", ".join(endpoint.name for endpoint in self.all()) or "nothing is deployed yet"
            raise NotFoundError(f"no endpoint '{name}'; there is: {known}", hint="see: mlops endpoints list")
        return found

    def all(self) -> list[Endpoint]:
        with self._database.read() as connection:
            rows = connection.execute("SELECT document FROM endpoints ORDER BY name")
            return [self._decode(row) for row in rows]

    def delete(self, name: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM endpoints WHERE name = ?", (name,))

    def _decode(self, row: tuple[Any]) -> Endpoint:
        return msgspec.json.decode(row[0], type=Endpoint)

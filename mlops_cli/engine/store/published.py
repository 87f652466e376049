"""Published versions of pipelines, and the endpoint of each name."""

import sqlite3
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from mlops_cli.domain.publishing import PipelineEndpoint, PublishedPipeline
from mlops_cli.engine.store.database import Database
from mlops_cli.errors import NotFoundError, UsageError

Make = Callable[[int, PublishedPipeline | None], tuple[PublishedPipeline, bytes] | None]


class Added(NamedTuple):
    """The latest version afterwards, whether it is new, and whether the default is another than before."""

    version: PublishedPipeline
    is_new: bool
    moved_default: bool


class PublishedTable:
    """All changes to a name are single transactions: two that publish at once make one version."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, endpoint_id: str, make: Make, *, set_default: bool) -> Added:
        """Add what `make(next_version, latest)` returns, nothing when it returns None."""
        with self._database.write() as connection:
            latest = self._latest(connection, name)
            made = make(latest.version + 1 if latest else 1, latest)
            version = latest if made is None else made[0]
            assert version is not None, "there is nothing to keep"
            if made is not None:
                values = (name, version.version, version.id, msgspec.json.encode(version), made[1])
                connection.execute("INSERT INTO published_pipelines VALUES (?, ?, ?, ?, ?)", values)
            before = self._endpoint(connection, name)
            endpoint = before or PipelineEndpoint(name, endpoint_id, version.version)
            moved = set_default and endpoint.default_version != version.version
            if moved:
                endpoint.default_version = version.version
            self._put(connection, endpoint)
            return Added(version, made is not None, moved or before is None)

    def all(self, name: str | None = None) -> list[PublishedPipeline]:
        """Versions, newest first within a name. Raises NotFoundError for a name without any."""
        query = "SELECT document FROM published_pipelines WHERE name = coalesce(?, name)"
        with self._database.read() as connection:
            rows = connection.execute(f"{query} ORDER BY name, version DESC", (name,))
            found = [msgspec.json.decode(row[0], type=PublishedPipeline) for row in rows]
        if name is not None and not found:
            known = ", ".join(sorted({one.name for one in self.all()})) or "nothing is published yet"
            message = f"no published pipeline '{name}'; there is: {known}"
            raise NotFoundError(message, hint="see: mlops pipeline list")
        return found

    def get(self, name: str, version: int) -> PublishedPipeline:
        found = next((one for one in self.all(name) if one.version == version), None)
        if found is None:
            known = ", ".join(f"v{one.version}" for one in self.all(name))
            raise NotFoundError(f"pipeline '{name}' has no v{version}; there is: {known}")
        return found

    def by_id(self, id_: str) -> PublishedPipeline | None:
        return next((one for one in self.all() if one.id == id_), None)

    def definition(self, id_: str) -> bytes:
        """Raises NotFoundError for a version that was forgotten meanwhile."""
        with self._database.read() as connection:
            query = "SELECT definition FROM published_pipelines WHERE id = ?"
            return bytes(_there(connection.execute(query, (id_,)).fetchone()))

    def change(self, name: str, version: int, change: Callable[[PublishedPipeline], None]) -> None:
        with self._database.write() as connection:
            query = "SELECT document FROM published_pipelines WHERE name = ? AND version = ?"
            row = connection.execute(query, (name, version)).fetchone()
            found = msgspec.json.decode(_there(row), type=PublishedPipeline)
            change(found)
            statement = "UPDATE published_pipelines SET document = ? WHERE name = ? AND version = ?"
            connection.execute(statement, (msgspec.json.encode(found), name, version))

    def remove(self, name: str, version: int) -> bool:
        """Whether it was there. Raises UsageError for the default one."""
        with self._database.write() as connection:
            endpoint = self._endpoint(connection, name)
            if endpoint and endpoint.default_version == version:
                hint = "make another the default"
                raise UsageError(f"v{version} is the default of pipeline '{name}'", hint=hint)
            statement = "DELETE FROM published_pipelines WHERE name = ? AND version = ?"
            return bool(connection.execute(statement, (name, version)).rowcount)

    def endpoints(self) -> list[PipelineEndpoint]:
        with self._database.read() as connection:
            rows = connection.execute("SELECT document FROM pipeline_endpoints ORDER BY name")
            return [msgspec.json.decode(row[0], type=PipelineEndpoint) for row in rows]

    def endpoint(self, name: str) -> PipelineEndpoint:
        self.all(name)
        return next(endpoint for endpoint in self.endpoints() if endpoint.name == name)

    def change_endpoint(self, name: str, change: Callable[[PipelineEndpoint], None]) -> PipelineEndpoint:
        with self._database.write() as connection:
            endpoint = self._endpoint(connection, name)
            assert endpoint is not None, "the endpoint was looked up before"
            change(endpoint)
            self._put(connection, endpoint)
            return endpoint

    def _latest(self, connection: sqlite3.Connection, name: str) -> PublishedPipeline | None:
        query = "SELECT document FROM published_pipelines WHERE name = ? ORDER BY version DESC LIMIT 1"
        row = connection.execute(query, (name,)).fetchone()
        return msgspec.json.decode(row[0], type=PublishedPipeline) if row else None

    def _endpoint(self, connection: sqlite3.Connection, name: str) -> PipelineEndpoint | None:
        row = connection.execute("SELECT document FROM pipeline_endpoints WHERE name = ?", (name,)).fetchone()
        return msgspec.json.decode(row[0], type=PipelineEndpoint) if row else None

    def _put(self, connection: sqlite3.Connection, endpoint: PipelineEndpoint) -> None:
        statement = (
            "INSERT INTO pipeline_endpoints (name, id, document) VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET document = excluded.document"
        )
        connection.execute(statement, (endpoint.name, endpoint.id, msgspec.json.encode(endpoint)))


def _there(row: tuple[bytes] | None) -> bytes:
    if row is None:
        raise NotFoundError("the version was forgotten meanwhile", hint="see: mlops pipeline list")
    return row[0]

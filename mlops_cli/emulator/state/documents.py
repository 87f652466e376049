"""JSON documents by key, in the order in which they were added."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mlops_cli.emulator.state.database import Database

Document = dict[str, Any]


class Collection:
    """The documents of one kind and scope. Keys are exact; callers fold case where Azure does."""

    def __init__(self, database: Database, name: str) -> None:
        self._database = database
        self.name = name

    def get(self, key: str) -> Document | None:
        query = "SELECT body FROM documents WHERE collection = ? AND key = ?"
        row = self._database.row(query, (self.name, key))
        return msgspec.json.decode(row[0]) if row else None

    def put(self, key: str, document: Document) -> Document:
        """Add or replace; a replaced document keeps its place."""
        self._database.execute(
            "INSERT INTO documents (collection, key, body) VALUES (?, ?, ?)"
            " ON CONFLICT (collection, key) DO UPDATE SET body = excluded.body",
            (self.name, key, msgspec.json.encode(document)),
        )
        return document

    def change(self, key: str, change: Callable[[Document], object]) -> Document | None:
        """Apply `change` to the document in one transaction; None when there is no such document."""
        with self._database.transaction():
            document = self.get(key)
            if document is None:
                return None
            change(document)
            return self.put(key, document)

    def delete(self, key: str) -> bool:
        statement = "DELETE FROM documents WHERE collection = ? AND key = ?"
        return bool(self._database.execute(statement, (self.name, key)))

    def all(self, *, newest_first: bool = False) -> list[Document]:
        order = "DESC" if newest_first else "ASC"
        query = f"SELECT body FROM documents WHERE collection = ? ORDER BY position {order}"  # noqa: S608
        return [msgspec.json.decode(row[0]) for row in self._database.rows(query, (self.name,))]

    def under(self, prefix: str) -> list[Document]:
        """Documents whose key starts with `prefix`, by key."""
        query = (
            "SELECT body FROM documents WHERE collection = ? AND key >= ? AND key < ? || char(1114111)"
            " ORDER BY key"
        )
        return [msgspec.json.decode(r[0]) for r in self._database.rows(query, (self.name, prefix, prefix))]

    def __len__(self) -> int:
        row = self._database.row("SELECT count(*) FROM documents WHERE collection = ?", (self.name,))
        return int(row[0]) if row else 0

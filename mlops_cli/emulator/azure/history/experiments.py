"""Experiments: named sets of runs."""

from __future__ import annotations

import re
import uuid

from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace

ALLOWED = re.compile(r"[a-zA-Z0-9][\w-]{0,254}")


def allowed_name(text: str) -> str:
    """A name that an experiment may have, as near to the text as can be."""
    return re.sub(r"^[^a-zA-Z0-9]+", "", re.sub(r"[^\w-]", "-", text))[:255] or "Default"


class Experiments:
    """The experiments of one workspace, found by name and by id."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def _documents(self) -> Collection:
        return self._workspace.collection("experiments")

    def ensure(self, name: str, posted: Document | None = None) -> Document:
        """The experiment, made where it does not exist. Raises ApiError 400 for a name that none may have."""
        if not ALLOWED.fullmatch(name):
            rule = "1 to 255 letters, digits, hyphens and underscores that begin with a letter or a digit"
            raise bad_request(f"'{name}' cannot be the name of an experiment: {rule}.")
        with self._workspace.state.transaction():
            return self.get(name) or self._documents.put(name, self._new(name, posted or {}))

    def _new(self, name: str, posted: Document) -> Document:
        return {
            "experimentId": str(uuid.uuid4()),
            "name": name,
            "description": posted.get("description"),
            "createdUtc": now(),
            "archivedTime": None,
            "tags": posted.get("tags") or {},
            "latestCreatedRunUtc": None,
        }

    def get(self, name: str) -> Document | None:
        return self._documents.get(name)

    def by_id(self, experiment_id: str) -> Document | None:
        return next((d for d in self.all() if d["experimentId"] == experiment_id), None)

    def all(self) -> list[Document]:
        """Newest first."""
        return self._documents.all(newest_first=True)

    def change(self, name: str, posted: Document) -> Document | None:
        """Merge tags, replace the description, archive or reactivate."""

        def apply(document: Document) -> None:
            document["tags"] |= posted.get("tags") or {}
            if posted.get("description") is not None:
                document["description"] = posted["description"]
            if posted.get("archive") is not None:
                document["archivedTime"] = now() if posted["archive"] else None

        return self._documents.change(name, apply)

    def remove_tags(self, name: str, tags: list[str]) -> None:
        def apply(document: Document) -> None:
            document["tags"] = {k: v for k, v in document["tags"].items() if k not in tags}

        self._documents.change(name, apply)

    def delete(self, name: str) -> None:
        self._documents.delete(name)

"""Datasets: named definitions with versions, and saved definitions without a name."""

from __future__ import annotations

import hashlib
import uuid

from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import bad_request, conflict
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace


class Datasets:
    """The datasets of one workspace. A dataset document has its newest definition under `latest`.

    Collections: `datasets` by name, `dataset-versions` by `name/version`, `saved-datasets` by id.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def _named(self) -> Collection:
        return self._workspace.collection("datasets")

    @property
    def _versions(self) -> Collection:
        return self._workspace.collection("dataset-versions")

    @property
    def _saved(self) -> Collection:
        return self._workspace.collection("saved-datasets")

    def register(self, posted: Document, *, new_version: bool) -> Document:
        """Add a dataset or a version of it.

        Raises ApiError 409 when the name is taken and no new version is wanted, 400 when this very saved
        definition is registered already.
        """
        with self._workspace.state.transaction():
            old = self._named.get(posted["name"])
            if old and not new_version:
                raise conflict(f"There is already a dataset registered under name {posted['name']}.")
            definition = posted["latest"]
            saved_id = definition.get("savedDatasetId")
            if saved_id and (known := self.by_saved_id(saved_id)):
                what = f"{known['name']}:{known['latest']['versionId']}"
                raise bad_request(f"This dataset has been registered as {what} (name:version).")
            saved_id = saved_id or str(uuid.uuid4())
            self._save(saved_id, posted["datasetType"], definition["dataflow"], definition.get("properties"))
            return self._add(posted, old, saved_id)

    def _add(self, posted: Document, old: Document | None, saved_id: str) -> Document:
        dataset_id = old["datasetId"] if old else str(uuid.uuid4())
        version = int(old["latest"]["versionId"]) + 1 if old else 1
        document = {
            **{k: v for k, v in posted.items() if v is not None},
            "datasetId": dataset_id,
            "tags": posted.get("tags") or {},
            "etag": f'"{uuid.uuid4()}"',
            "createdTime": old["createdTime"] if old else now(),
            "modifiedTime": now(),
            "datasetState": {"state": "active"},
            "latest": {
                **posted["latest"],
                "datasetId": dataset_id,
                "savedDatasetId": saved_id,
                "versionId": str(version),
                "createdTime": now(),
                "datasetDefinitionState": {"state": "active"},
            },
        }
        self._versions.put(f"{posted['name']}/{version}", document)
        return self._named.put(posted["name"], document)

    def get(self, name: str, version: str | None = None) -> Document | None:
        """The given version, or the newest."""
        return self._versions.get(f"{name}/{version}") if version else self._named.get(name)

    def all(self) -> list[Document]:
        return self._named.all()

    def by_saved_id(self, saved_id: str) -> Document | None:
        """The registered version with this definition."""
        found = (d for d in self._versions.all() if d["latest"]["savedDatasetId"] == saved_id)
        return next(found, None)

    def update(self, dataset_id: str, posted: Document) -> Document | None:
        """Replace description and tags of all versions; None when there is no such dataset."""
        found = next((d for d in self.all() if d["datasetId"] == dataset_id), None)
        if found is None:
            return None
        fields = {
            "description": posted.get("description"),
            "tags": posted.get("tags") or {},
            "modifiedTime": now(),
        }
        with self._workspace.state.transaction():
            for document in self._versions.under(f"{found['name']}/"):
                key = f"{found['name']}/{document['latest']['versionId']}"
                self._versions.put(key, document | fields)
            return self._named.put(found["name"], found | fields)

    def unregister(self, name: str) -> bool:
        """Forget the name and its versions; saved definitions stay, runs may refer to them."""
        with self._workspace.state.transaction():
            for document in self._versions.under(f"{name}/"):
                self._versions.delete(f"{name}/{document['latest']['versionId']}")
            return self._named.delete(name)

    def save(self, posted: Document) -> Document:
        """Keep a definition without a name, under an id that equal definitions share."""
        kind, dataflow = posted.get("datasetType") or "", posted["dataflowJson"]
        digest = hashlib.sha256(f"{kind}\n{dataflow}".encode()).digest()
        return self._save(str(uuid.UUID(bytes=digest[:16])), kind, dataflow, posted.get("properties"))

    def saved(self, saved_id: str) -> Document | None:
        return self._saved.get(saved_id)

    def _save(self, saved_id: str, kind: str, dataflow: str, properties: Document | None) -> Document:
        document = {
            "id": saved_id,
            "datasetType": kind,
            "dataflowJson": dataflow,
            "properties": properties or {},
        }
        return self._saved.put(saved_id, document)

"""Models: names with versions. The files of a model are the artifacts of an asset."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace

Filter = Callable[[Document], bool]


class Models:
    """The models of one workspace; an id is `name:version`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @property
    def _documents(self) -> Collection:
        return self._workspace.collection("models")

    def register(self, posted: Document, user: Document) -> Document:
        """Add the next version of a model."""
        with self._workspace.state.transaction():
            counter = self._workspace.collection("model-versions")
            version = (counter.get(posted["name"]) or {"last": 0})["last"] + 1
            counter.put(posted["name"], {"last": version})
            document = {
                **_EMPTY,
                **{k: v for k, v in posted.items() if v is not None},
                "id": f"{posted['name']}:{version}",
                "version": version,
                "createdTime": now(),
                "modifiedTime": now(),
                "createdBy": user,
            }
            if needs := document["resourceRequirements"]:
                document["resourceRequirements"] = {"cpu": None, "memoryInGB": None, "gpu": None, **needs}
            return self._documents.put(document["id"], document)

    def get(self, model_id: str) -> Document | None:
        return self._documents.get(model_id)

    def change(self, model_id: str, change: Callable[[Document], object]) -> Document | None:
        def apply(document: Document) -> None:
            change(document)
            document["modifiedTime"] = now()

        return self._documents.change(model_id, apply)

    def delete(self, model_id: str) -> bool:
        return self._documents.delete(model_id)

    def find(self, wanted: Filter, *, latest_only: bool = False) -> list[Document]:
        """Models that `wanted` accepts, newest first."""
        found = [document for document in self._documents.all(newest_first=True) if wanted(document)]
        if not latest_only:
            return found
        newest: dict[str, Document] = {}
        for document in found:
            kept = newest.setdefault(document["name"], document)
            if document["version"] > kept["version"]:
                newest[document["name"]] = document
        return list(newest.values())


class Assets:
    """Sets of artifacts that models point at, or that hold explanations of models."""

    def __init__(self, workspace: Workspace) -> None:
        self._documents = workspace.collection("assets")

    def create(self, posted: Document) -> Document:
        asset = {**posted, "id": uuid.uuid4().hex, "createdTime": now(), "type": posted.get("type")}
        return self._documents.put(asset["id"], asset)

    def get(self, asset_id: str) -> Document | None:
        return self._documents.get(asset_id)

    def find(
        self,
        *,
        run_id: str | None = None,
        name: str | None = None,
        kind: str | None = None,
        properties: str | None = None,
    ) -> list[Document]:
        """Those that have all that is given, oldest first; `properties` are `key=value,...`."""
        has_properties = labels_filter(properties, "properties")
        wanted = {"runid": run_id, "name": name, "type": kind}
        return [
            asset
            for asset in self._documents.all()
            if all(value is None or asset.get(key) == value for key, value in wanted.items())
            and has_properties(asset)
        ]


_EMPTY: Document = {
    "description": None, "kvTags": {}, "properties": {}, "datasets": [], "unpack": False,
    "framework": "Custom", "frameworkVersion": None, "mimeType": "application/x-python",
    "experimentName": None, "runId": None, "parentModelId": None, "derivedModelIds": [],
    "sampleInputData": None, "sampleOutputData": None, "resourceRequirements": None,
}  # fmt: skip


def labels_filter(query: str | None, field: str) -> Filter:
    """Whether a document's `field` has all of `key=value,key,...`."""
    wanted = [pair.partition("=") for pair in (query or "").split(",") if pair]

    def accepts(document: Document) -> bool:
        labels = document.get(field) or {}
        return all(key in labels and (not equals or labels[key] == value) for key, equals, value in wanted)

    return accepts

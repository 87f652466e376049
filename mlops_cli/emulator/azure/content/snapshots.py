"""Snapshots: the source folders of runs, file by file."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlops_cli.emulator.azure.blob.access import signed_url
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.instance import Identity
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

CONTAINER = "snapshots"


class Snapshots:
    """The snapshots of one workspace. `files` of a document maps every path of the folder to a blob.

    A client sends only what has changed since the snapshot it had made before, which it remembers itself.
    """

    def __init__(self, workspace: Workspace, identity: Identity) -> None:
        self._workspace = workspace
        self._identity = identity
        self._documents = workspace.collection("snapshots")

    def empty(self) -> Document:
        """The snapshot of an empty folder: what a client starts from that remembers none."""
        snapshot_id = str(uuid.uuid5(uuid.UUID(self._workspace.id), "empty"))
        return self._documents.get(snapshot_id) or self._documents.put(
            snapshot_id, {"id": snapshot_id, "root": _root(), "files": {}, "createdUtc": now()}
        )

    def places(self, names: list[str]) -> list[Document]:
        """Where to put files before a snapshot is made of them."""
        folder = uuid.uuid4().hex
        return [{"fullName": name, "blobUri": self._url(f"{folder}/{name}")} for name in names]

    def create(self, snapshot_id: str, posted: Document) -> Document:
        """Keep a snapshot. Raises ApiError 400 when its parent is unknown: the client then sends everything."""
        parent_id = posted.get("ParentSnapshotId")
        parent = self._documents.get(parent_id) if parent_id else self.empty()
        if parent is None:
            raise bad_request(f"The parent snapshot {parent_id} does not exist.")
        sent = (posted.get("FileRevisionList") or {}).get("FileNodes") or []
        files = parent["files"] | {node["FullName"]: _blob_name(node["BlobUri"]) for node in sent}
        present = set(_paths(posted["DirTreeNode"], ""))
        document = {
            "id": snapshot_id,
            "root": posted["DirTreeNode"],
            "files": {path: blob for path, blob in files.items() if path in present},
            "properties": posted.get("Properties") or {},
            "createdUtc": now(),
        }
        return self._documents.put(snapshot_id, document)

    def of_zip(self, content: bytes) -> str:
        """Keep the files of a zip archive; the snapshot's id. Raises ApiError 400 for what is no archive."""
        snapshot_id, blobs = str(uuid.uuid4()), self._workspace.state.blobs
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                names = [one.filename for one in archive.infolist() if not one.is_dir()]
                files = {name: f"{snapshot_id}/{name}" for name in names}
                for name, blob in files.items():
                    with archive.open(name) as file:
                        blobs.put(self._workspace.storage, CONTAINER, blob, file, {})
        except zipfile.BadZipFile:
            raise bad_request("The project is no zip archive.") from None
        self._documents.put(
            snapshot_id, {"id": snapshot_id, "root": _root(), "files": files, "createdUtc": now()}
        )
        return snapshot_id

    def get(self, snapshot_id: str) -> Document | None:
        return self._documents.get(snapshot_id)

    def write(self, snapshot_id: str, folder: Path) -> None:
        """Write the files of a snapshot below `folder`. Raises ApiError 400 for one that does not exist."""
        for path, content in self._contents(snapshot_id):
            target = folder / path
            if not target.resolve().is_relative_to(folder.resolve()):
                raise bad_request(f"The snapshot has a file outside of its folder: {path}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)

    def zipped(self, snapshot_id: str) -> str:
        """The address of a zip file of the snapshot."""
        name, buffer = f"zip/{snapshot_id}.zip", io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path, content in self._contents(snapshot_id):
                archive.writestr(path, content)
        blobs = self._workspace.state.blobs
        blobs.put(self._workspace.storage, CONTAINER, name, buffer, {"Content-Type": "application/zip"})
        return self._url(name)

    def _contents(self, snapshot_id: str) -> Iterator[tuple[str, bytes]]:
        snapshot = self.get(snapshot_id)
        if snapshot is None:
            raise bad_request(f"The snapshot {snapshot_id} does not exist.")
        for path, name in snapshot["files"].items():
            blob = self._workspace.state.blobs.get(self._workspace.storage, CONTAINER, name)
            if blob is None:
                raise bad_request(f"The file {path} of snapshot {snapshot_id} was never uploaded.")
            yield path, blob.path.read_bytes()

    def _url(self, name: str) -> str:
        return signed_url(self._identity, self._workspace.storage, CONTAINER, name)


def _root() -> Document:
    return {"name": "", "type": "Directory", "hash": "", "timestamp": now(), "children": {}}


def _blob_name(url: str) -> str:
    return unquote(urlsplit(url).path).split("/", 2)[2]


def _paths(node: Document, prefix: str) -> Iterator[str]:
    """Paths of the files of a tree; the name of its root does not count."""
    for name, child in (node.get("children") or {}).items():
        if child.get("type") == "Directory":
            yield from _paths(child, f"{prefix}{name}/")
        else:
            yield f"{prefix}{name}"

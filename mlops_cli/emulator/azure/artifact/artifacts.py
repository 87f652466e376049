"""Artifacts: the files of runs and models. An artifact is a blob `ORIGIN/CONTAINER/PATH`."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from mlops_cli.emulator.azure.blob.access import signed_url
from mlops_cli.emulator.clock import iso
from mlops_cli.emulator.instance import Identity
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.workspace import Workspace

CONTAINER = "azureml"


class Artifacts:
    """The artifacts of one workspace; `origin` is ExperimentRun, LocalUpload, ... and `container` names its owner."""

    def __init__(self, workspace: Workspace, identity: Identity) -> None:
        self._workspace = workspace
        self._identity = identity

    def document(self, origin: str, container: str, path: str) -> Document:
        """What clients see of an artifact, whether its content is there yet or not."""
        blob = self.blob(origin, container, path)
        return {
            "artifactId": f"{origin}/{container}/{path}",
            "origin": origin,
            "container": container,
            "path": path,
            "etag": blob.etag if blob else None,
            "createdTime": iso(blob.created) if blob else None,
            "dataPath": {
                "dataStoreName": "workspaceartifactstore",
                "relativePath": f"{origin}/{container}/{path}",
            },
        }

    def location(self, origin: str, container: str, path: str) -> Document:
        """An address under which the content can be written and read."""
        uri = signed_url(self._identity, self._workspace.storage, CONTAINER, f"{origin}/{container}/{path}")
        return {"contentUri": uri, "origin": origin, "container": container, "path": path}

    def blob(self, origin: str, container: str, path: str) -> Blob | None:
        blobs = self._workspace.state.blobs
        return blobs.get(self._workspace.storage, CONTAINER, f"{origin}/{container}/{path}")

    def paths(self, origin: str, container: str, prefix: str = "") -> list[str]:
        """Paths of the artifacts at or below `prefix`, which may be a file or a folder."""
        head = f"{origin}/{container}/"
        blobs = self._workspace.state.blobs.under(self._workspace.storage, CONTAINER, head + prefix)
        return [blob.name[len(head) :] for blob in blobs]

    def write(self, origin: str, container: str, path: str, content: IO[bytes]) -> Blob:
        """Put the content of an artifact from within the emulator."""
        name, headers = f"{origin}/{container}/{path}", {"Content-Type": "application/octet-stream"}
        return self._workspace.state.blobs.put(self._workspace.storage, CONTAINER, name, content, headers)

    def link(self, origin: str, container: str, path: str, file: Path) -> None:
        """Make a text file that may still grow the content of an artifact."""
        name, headers = f"{origin}/{container}/{path}", {"Content-Type": "text/plain; charset=utf-8"}
        self._workspace.state.blobs.link(self._workspace.storage, CONTAINER, name, file, headers)

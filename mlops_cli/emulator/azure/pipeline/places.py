"""Data between steps: blobs of a datastore here, files for the processes of steps."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import IO

from mlops_cli.emulator.azure.datastore import datastores
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.workspace import Workspace


def blobs_of(workspace: Workspace, place: Document) -> list[Blob]:
    """The blobs at or below {store, path}."""
    account, container = _container(workspace, place["store"])
    path = place["path"].strip("/")
    blobs = workspace.state.blobs
    exact = blobs.get(account, container, path) if path else None
    return [exact] if exact else blobs.under(account, container, f"{path}/" if path else "")


def fingerprint(workspace: Workspace, place: Document) -> str:
    """Changes when a blob at or below the place is added, removed or written again."""
    seen = [f"{blob.name} {blob.etag}" for blob in blobs_of(workspace, place)]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def bring(workspace: Workspace, place: Document, folder: Path) -> Path:
    """Copy the blobs below `folder`; returns the folder, or the file where the place is one."""
    head = place["path"].strip("/")
    folder.mkdir(parents=True, exist_ok=True)
    found = blobs_of(workspace, place)
    for blob in found:
        target = folder / (blob.name[len(head) :].strip("/") or Path(blob.name).name)
        if not target.resolve().is_relative_to(folder.resolve()):
            raise bad_request(f"The blob {blob.name} would be written outside of its folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        # With its time, by which `give_back` knows what has been written since.
        shutil.copy2(blob.path, target)
    if len(found) == 1 and found[0].name == head:
        return folder / Path(head).name
    return folder


def take(workspace: Workspace, local: Path, place: Document) -> None:
    """Copy a file, or the files of a folder, to where the place is; what is there already stays."""
    there = {blob.name: blob.size for blob in blobs_of(workspace, place)}
    files = [local] if local.is_file() else sorted(file for file in local.rglob("*") if file.is_file())
    for file in files:
        name = place["path"] if file == local else f"{place['path']}/{file.relative_to(local).as_posix()}"
        if there.get(name) == file.stat().st_size:
            continue
        with file.open("rb") as content:
            put(workspace, place | {"path": name}, content)


def give_back(workspace: Workspace, folder: Path, place: Document) -> None:
    """Copy what has been written below `folder` since `bring` to where it came from, as a mount would."""
    head = place["path"].strip("/")
    there = {blob.name: blob.path for blob in blobs_of(workspace, place)}
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        name = head if head in there else f"{head}/{file.relative_to(folder).as_posix()}".strip("/")
        if name in there and _stamp(there[name]) == _stamp(file):
            continue
        with file.open("rb") as content:
            put(workspace, place | {"path": name}, content)


def _stamp(file: Path) -> tuple[int, int]:
    seen = file.stat()
    return seen.st_size, seen.st_mtime_ns


def put(workspace: Workspace, place: Document, content: IO[bytes]) -> None:
    """Make the place a file with this content."""
    account, container = _container(workspace, place["store"])
    headers = {"Content-Type": "application/octet-stream"}
    workspace.state.blobs.put(account, container, place["path"], content, headers)


def reference(workspace: Workspace, place: Document) -> Document:
    """The place as clients read it."""
    account, container = _container(workspace, place["store"])
    blob = {
        "AmlDataStoreName": place["store"],
        "RelativePath": place["path"],
        "Container": container,
        "Account": account.partition(".")[0],
    }
    data = {"Type": "AzureBlob", "AzureBlobReference": blob}
    return {"DataTypeId": "AnyFile", "DataLocation": {"StorageType": "AzureBlob", "DataReference": data}}


def _container(workspace: Workspace, store: str) -> tuple[str, str]:
    datastore = datastores.find(workspace, store)
    place = datastores.container(datastore) if datastore else None
    if place is None:
        raise bad_request(f"There is no datastore of files {store} in the workspace.")
    return place

"""The definition of a registered table with the addresses of this instance turned into local files."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import msgspec
import yaml

from mlops_cli.emulator.azure.dataset.datasets import Datasets
from mlops_cli.emulator.azure.datastore import datastores
from mlops_cli.emulator.errors import ApiError, bad_request
from mlops_cli.emulator.sample_data import BLOB_SUFFIX
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

DATASTORE = re.compile(r"azureml://.*?/datastores/(?P<store>[^/]+)/paths/(?P<path>.*)", re.I)
_GLOB = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
LOCAL = "file://"
"""Before the path as it is: Azure's reader takes nothing in it for quoted."""


def local_definition(app: App, workspace: Workspace, dataset_id: str, folder: Path) -> Document:
    """The table's dataflow, {paths, transformations, ...}, reading copies of its files in `folder`.

    A copy is a hard link where the file system has them: blobs are replaced, never changed. It has the path of
    its file, for columns that are made of that.
    Raises ApiError 400 for a dataset that is unknown, is no table, or has no rows here.
    """
    saved = Datasets(workspace).saved(dataset_id)
    if saved is None:
        raise bad_request(f"Dataset {dataset_id} was not found.", "DatasetNotFound")
    definition = dataflow(saved)
    files = [file for entry in definition["paths"] for file in _files(app, workspace, entry)]
    if not files:
        raise bad_request(f"The dataset has no files: {definition['paths']}", "DatasetWithoutFiles")
    copies = [_copy(file, folder / f"{number:04}", path) for number, (path, file) in enumerate(files)]
    return {**definition, "paths": [{"file": f"{LOCAL}{copy}"} for copy in copies]}


def dataflow(saved: Document) -> Document:
    """The YAML inside of a saved dataset's JSON."""
    try:
        definition: Any = yaml.safe_load(msgspec.json.decode(saved["dataflowJson"])["meta"]["RsDataflow"])
        assert isinstance(definition["paths"], list)
    except (KeyError, TypeError, AssertionError, msgspec.DecodeError, yaml.YAMLError):
        raise bad_request("The dataset has no definition that can be read.", "UnreadableDataset") from None
    return dict(definition)


def _files(app: App, workspace: Workspace, entry: Document) -> list[tuple[str, Path]]:
    """The files behind one entry of `paths`, {file|folder|pattern: URL}, with their paths there."""
    kind, url = next(iter(entry.items()))
    if found := DATASTORE.fullmatch(url):
        document = datastores.find(workspace, found["store"])
        place = datastores.container(document) if document else None
        if place is None:
            raise bad_request(f"Datastore {found['store']} was not found.", "DatastoreNotFound")
        return [(blob.name, blob.path) for blob in _blobs(app, *place, unquote(found["path"]), kind)]
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host.endswith(BLOB_SUFFIX):
        path = unquote(parts.path).lstrip("/")
        container, _, name = (parts.username, "", path) if parts.username else path.partition("/")
        account = host.removesuffix(BLOB_SUFFIX)
        return [(blob.name, blob.path) for blob in _blobs(app, account, str(container), name, kind)]
    file = app.samples.file(host, unquote(parts.path))
    if file is None:
        raise ApiError(400, "AddressNotMapped", f"The emulator has no file for {url}: start it with --map")
    return [(unquote(parts.path), file)]


def _blobs(app: App, account: str, container: str, name: str, kind: str) -> list[Blob]:
    blobs = app.state.blobs
    exact = blobs.get(account, container, name)
    if exact:
        return [exact]
    if kind == "pattern" and re.search(r"[*?\[]", name):
        start = re.split(r"[*?\[]", name)[0]
        wanted = globbed(name)
        return [blob for blob in blobs.under(account, container, start) if wanted.fullmatch(blob.name)]
    return blobs.under(account, container, name.rstrip("/") + "/" if name else "")


def globbed(pattern: str) -> re.Pattern[str]:
    """`**` stands for any folders, also for none; `*`, `?` and `[...]` stay within a name."""
    parts = re.findall(r"\*\*/|\*\*|[*?]|\[[^]]+\]|.", pattern)
    return re.compile(
        "".join(_GLOB.get(part) or (part if len(part) > 1 else re.escape(part)) for part in parts)
    )


def _copy(file: Path, folder: Path, path: str) -> Path:
    target = folder / path.lstrip("/")
    if not target.resolve().is_relative_to(folder.resolve()):
        raise bad_request(f"The file {path} would be written outside of its folder.")
    target.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)
    return target

"""The JSON and the headers of Data Lake storage."""

from __future__ import annotations

from mlops_cli.emulator.azure.blob.access import VERSION
from mlops_cli.emulator.azure.share.tree import Tree
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import http_date
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.wire.messages import Response, json_response

MOST = 5000


def shown(blob: Blob) -> dict[str, str]:
    """The headers of an answer about a file, but for those about its length."""
    own = {"ETag": blob.etag, "Last-Modified": http_date(blob.modified), "x-ms-resource-type": "file"}
    return {**blob.headers, **own, "x-ms-version": VERSION}


def shown_folder(tree: Tree, path: str) -> dict[str, str]:
    made = tree.made(path)
    return {
        "ETag": f'"{made}"',
        "Last-Modified": http_date(made),
        "x-ms-resource-type": "directory",
        "x-ms-version": VERSION,
    }


def list_paths(call: Call, tree: Tree, folder: str) -> Response:
    """One page of the paths in the folder, those of its own or all below, by name."""
    found = _below(tree, folder, deep=call.query.get("recursive", "").lower() == "true")
    start, most = call.query.get("continuation", ""), int(call.query.get("maxresults") or MOST)
    names = [name for name in sorted(found) if name >= start]
    page, rest = names[:most], names[most:]
    headers = {"x-ms-continuation": rest[0]} if rest else {}
    return json_response({"paths": [_entry(tree, name, found[name]) for name in page]}, headers=headers)


def _below(tree: Tree, folder: str, *, deep: bool) -> dict[str, Blob | None]:
    if blob := tree.file(folder):
        # How the reader of datasets asks for a single file.
        return {folder: blob}
    if not deep:
        head = f"{folder}/" if folder else ""
        return {f"{head}{name}": blob for name, blob in tree.children(folder).items()}
    return {**dict.fromkeys(tree.folders(folder)), **{blob.name: blob for blob in tree.files(folder)}}


def _entry(tree: Tree, name: str, blob: Blob | None) -> Document:
    """Numbers and truth are words, as Azure writes them."""
    common = {"name": name, "owner": "$superuser", "group": "$superuser", "permissions": "rw-r-----"}
    if blob is None:
        facts = {"contentLength": "0", "isDirectory": "true", "lastModified": http_date(tree.made(name))}
        return {**common, **facts}
    times = {"lastModified": http_date(blob.modified), "etag": blob.etag.strip('"')}
    return {**common, "contentLength": str(blob.size), **times}

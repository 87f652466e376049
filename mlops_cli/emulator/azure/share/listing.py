"""The XML and the headers of file shares."""

from __future__ import annotations

import datetime
from xml.sax.saxutils import escape, quoteattr

from mlops_cli.emulator.azure.share.tree import Tree
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import http_date
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.wire.messages import Response

MOST = 5000
VERSION = "2021-06-08"


def shown(blob: Blob) -> dict[str, str]:
    """The headers of an answer about a file, but for those about its length."""
    own = {"x-ms-type": "File", "ETag": blob.etag, "x-ms-file-attributes": "Archive"}
    return {**blob.headers, **own, **_times(blob.created, blob.modified)}


def shown_folder(tree: Tree, path: str) -> dict[str, str]:
    made = tree.made(path)
    return {"ETag": f'"{made}"', "x-ms-file-attributes": "Directory", **_times(made, made)}


def _times(created: float, modified: float) -> dict[str, str]:
    return {
        "Last-Modified": http_date(modified),
        "x-ms-file-creation-time": _stamp(created),
        "x-ms-file-last-write-time": _stamp(modified),
        "x-ms-file-change-time": _stamp(modified),
        "x-ms-server-encrypted": "true",
        "x-ms-version": VERSION,
    }


def _stamp(seconds: float) -> str:
    """With seven digits after the point: clients cut off the last."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}0Z"


def list_folder(call: Call, tree: Tree, path: str) -> Response:
    """One page of what lies directly in the folder, by name, with a marker where there is more."""
    prefix, marker = call.query.get("prefix", ""), call.query.get("marker", "")
    most = min(int(call.query.get("maxresults") or MOST), MOST)
    children = tree.children(path)
    names = [name for name in children if name.startswith(prefix) and name >= marker]
    page, rest = names[:most], names[most:]
    where = quoteattr(f"https://{call.request.host}/")
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint={where} '
        f"ShareName={quoteattr(tree.name)} DirectoryPath={quoteattr(path)}><Prefix>{escape(prefix)}</Prefix>"
        f"<Marker>{escape(marker)}</Marker><MaxResults>{most}</MaxResults>"
        f"<Entries>{''.join(_xml(name, children[name]) for name in page)}</Entries>"
        f"<NextMarker>{escape(rest[0]) if rest else ''}</NextMarker></EnumerationResults>"
    )
    return Response(200, body.encode(), {"Content-Type": "application/xml", "x-ms-version": VERSION})


def _xml(name: str, blob: Blob | None) -> str:
    if blob is None:
        return f"<Directory><Name>{escape(name)}</Name><Properties /></Directory>"
    facts = {
        "Content-Length": str(blob.size),
        "CreationTime": _stamp(blob.created),
        "LastWriteTime": _stamp(blob.modified),
        "Last-Modified": http_date(blob.modified),
        "Etag": blob.etag,
    }
    properties = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in facts.items())
    return f"<File><Name>{escape(name)}</Name><Properties>{properties}</Properties></File>"

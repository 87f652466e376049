"""The XML of blob storage: lists of blobs, lists of blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import http_date
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.wire.messages import Response

MOST = 5000


def block_list(body: bytes) -> list[str]:
    """The block ids of a `comp=blocklist` body, in their order."""
    found = re.findall(r"<(?:Latest|Committed|Uncommitted)>([^<]+)</", body.decode())
    return [block.strip() for block in found]


def list_blobs(call: Call, account: str, container: str) -> Response:
    """One page: names in order, folders where a delimiter asks for them, a marker where there is more."""
    prefix, delimiter = call.query.get("prefix", ""), call.query.get("delimiter", "")
    marker, most = call.query.get("marker", ""), min(int(call.query.get("maxresults") or MOST), MOST)
    entries = dict(_entries(call.app.state.blobs.under(account, container, prefix), prefix, delimiter))
    names = [name for name in entries if name >= marker]
    page, rest = names[:most], names[most:]
    text = "".join(_xml(name, entries[name]) for name in page)
    where = quoteattr(f"https://{account}.blob.core.windows.net/")
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint={where} '
        f"ContainerName={quoteattr(container)}><Prefix>{escape(prefix)}</Prefix>"
        f"<Marker>{escape(marker)}</Marker><MaxResults>{most}</MaxResults>"
        f"<Delimiter>{escape(delimiter)}</Delimiter><Blobs>{text}</Blobs>"
        f"<NextMarker>{escape(rest[0]) if rest else ''}</NextMarker></EnumerationResults>"
    )
    return Response(200, body.encode(), {"Content-Type": "application/xml"})


def list_containers(call: Call, account: str, names: list[str]) -> Response:
    prefix = call.query.get("prefix", "")
    facts = f"<Properties><Last-Modified>{http_date(0)}</Last-Modified></Properties>"
    text = "".join(
        f"<Container><Name>{escape(name)}</Name>{facts}</Container>"
        for name in names
        if name.startswith(prefix)
    )
    where = quoteattr(f"https://{account}.blob.core.windows.net/")
    body = (
        f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint={where}>'
        f"<Prefix>{escape(prefix)}</Prefix><Containers>{text}</Containers><NextMarker></NextMarker></EnumerationResults>"
    )
    return Response(200, body.encode(), {"Content-Type": "application/xml"})


def _entries(blobs: Iterable[Blob], prefix: str, delimiter: str) -> Iterable[tuple[str, Blob | None]]:
    """Blobs by name; what lies deeper than the delimiter becomes one folder, whose value is None."""
    for blob in blobs:
        head, found, _ = blob.name[len(prefix) :].partition(delimiter) if delimiter else (blob.name, "", "")
        yield (f"{prefix}{head}{delimiter}", None) if found else (blob.name, blob)


def _xml(name: str, blob: Blob | None) -> str:
    if blob is None:
        return f"<BlobPrefix><Name>{escape(name)}</Name></BlobPrefix>"
    facts = {
        "Creation-Time": http_date(blob.created),
        "Last-Modified": http_date(blob.modified),
        "Etag": blob.etag.strip('"'),
        "Content-Length": str(blob.size),
        "Content-Type": blob.headers.get("Content-Type", ""),
        "Content-Encoding": blob.headers.get("Content-Encoding", ""),
        "Content-MD5": blob.headers.get("Content-MD5", ""),
        "BlobType": blob.headers.get("x-ms-blob-type", "BlockBlob"),
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
        "ServerEncrypted": "true",
    }
    properties = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in facts.items())
    meta = "".join(
        f"<{key[10:]}>{escape(value)}</{key[10:]}>"
        for key, value in blob.headers.items()
        if key.startswith("x-ms-meta-")
    )
    return (
        f"<Blob><Name>{escape(name)}</Name><Properties>{properties}</Properties>"
        f"<Metadata>{meta}</Metadata></Blob>"
    )

"""Which headers a blob keeps, and which it shows."""

from __future__ import annotations

from collections.abc import Mapping

from mlops_cli.emulator.clock import http_date
from mlops_cli.emulator.state.blobs import Blob

_KEPT = {
    "x-ms-blob-content-type": "Content-Type",
    "x-ms-blob-content-md5": "Content-MD5",
    "x-ms-blob-content-encoding": "Content-Encoding",
    "x-ms-blob-content-language": "Content-Language",
    "x-ms-blob-content-disposition": "Content-Disposition",
    "x-ms-blob-cache-control": "Cache-Control",
}


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """What is stored with a blob out of the headers of its upload."""
    stored = {shown: headers[name] for name, shown in _KEPT.items() if headers.get(name)}
    stored.setdefault("Content-Type", headers.get("content-type") or "application/octet-stream")
    return stored | {name: value for name, value in headers.items() if name.startswith("x-ms-meta-")}


def shown(blob: Blob) -> dict[str, str]:
    """The headers of an answer about `blob`, but for those about its length."""
    return {
        "x-ms-blob-type": "BlockBlob",
        **blob.headers,
        "ETag": blob.etag,
        "Last-Modified": http_date(blob.modified),
        "x-ms-creation-time": http_date(blob.created),
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-server-encrypted": "true",
        "x-ms-version": "2019-12-12",
    }

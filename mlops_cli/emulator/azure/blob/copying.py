"""Blobs made out of others: `x-ms-copy-source` is the address of the one that is copied, at once and whole."""

from __future__ import annotations

import time
import uuid
from urllib.parse import parse_qs, unquote, urlsplit

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.blob.headers import kept
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import http_date
from mlops_cli.emulator.sample_data import BLOB_SUFFIX
from mlops_cli.emulator.state.blobs import Blob

SOURCE = "x-ms-copy-source"


def copy(call: Call, account: str, container: str) -> Blob:
    """Raises ApiError 404 where there is nothing to copy, or the caller may not read it."""
    source = _source(call, account)
    own = kept(call.request.headers)
    meta = {name: value for name, value in own.items() if name.startswith("x-ms-meta-")}
    told = {
        "x-ms-copy-id": str(uuid.uuid4()),
        SOURCE: call.request.headers[SOURCE].partition("?")[0],
        "x-ms-copy-status": "success",
        "x-ms-copy-progress": f"{source.size}/{source.size}",
        "x-ms-copy-completion-time": http_date(time.time()),
    }
    headers = _without_meta(source) if meta else source.headers
    with source.path.open("rb") as content:
        return call.app.state.blobs.put(account, container, call["name"], content, headers | meta | told)


def _without_meta(source: Blob) -> dict[str, str]:
    return {name: value for name, value in source.headers.items() if not name.startswith("x-ms-meta-")}


def _source(call: Call, account: str) -> Blob:
    """Of the same account, of a public container, or by a shared access signature, which is taken on trust."""
    address = urlsplit(call.request.headers[SOURCE])
    container, _, name = unquote(address.path).lstrip("/").partition("/")
    blobs, host = call.app.state.blobs, (address.hostname or "").lower()
    owner = host.removesuffix(BLOB_SUFFIX)
    open_to_caller = owner == account or "sig" in parse_qs(address.query) or blobs.is_public(owner, container)
    blob = blobs.get(owner, container, name) if host.endswith(BLOB_SUFFIX) and open_to_caller else None
    if blob is None:
        raise errors.not_found("The specified blob does not exist.", "CannotVerifyCopySource")
    return blob

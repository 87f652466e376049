"""Blob storage (REST version 2019-12-12 and near it): block and append blobs, ranges and lists."""

from __future__ import annotations

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.blob import access, copying, listing
from mlops_cli.emulator.azure.blob.headers import kept, shown
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import http_date
from mlops_cli.emulator.ranges import sliced
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "blob", "Blob storage", hosts.BLOB, errors.blob, signed_in=False,
    left_out=("page blobs", "snapshots and versions", "leases", "tags and tiers"),
)  # fmt: skip


def place(call: Call) -> tuple[str, str]:
    """The account and container, which must exist and be open to the caller."""
    account, container = call.request.host.split(".")[0], call["container"]
    access.check(call, account, container)
    if not call.app.state.blobs.has_container(account, container):
        raise errors.not_found("The specified container does not exist.", "ContainerNotFound")
    return account, container


def _blob(call: Call) -> Blob:
    blob = call.app.state.blobs.get(*place(call), call["name"])
    if blob is None:
        raise errors.not_found("The specified blob does not exist.", "BlobNotFound")
    return blob


@service.route(
    "HEAD", "/{container}/{name*}", "BlobClient.get_blob_properties, rslex, the check after an upload"
)
def head(call: Call) -> Response:
    blob = _blob(call)
    return Response(200, b"", {**shown(blob), "Content-Length": str(blob.size), "Accept-Ranges": "bytes"})


@service.route("GET", "/{container}/{name*}", "BlobClient.download_blob, rslex, every download of the SDK")
def get(call: Call) -> Response:
    blob = _blob(call)
    if call.query.get("comp", "metadata") != "metadata":
        raise errors.bad_request(
            f"comp={call.query['comp']} is not supported by the emulator.", "UnsupportedQueryParameter"
        )
    if "if-match" in call.request.headers and call.request.headers["if-match"] not in ("*", blob.etag):
        raise errors.ApiError(
            412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."
        )
    return sliced(blob.path, blob.size, call.request.headers, shown(blob))


@service.route(
    "PUT", "/{container}/{name*}", "BlobClient.upload_blob: whole, as blocks, appended; start_copy_from_url"
)
def put(call: Call) -> Response:
    account, container = place(call)
    blobs, request = call.app.state.blobs, call.request
    if copying.SOURCE in request.headers:
        return _copy(call, account, container)
    match call.query.get("comp"):
        case "block":
            blobs.put_block(account, container, call["name"], call.query["blockid"], request.stream)
            return _written(None)
        case "blocklist":
            blocks = listing.block_list(request.body)
            blob = blobs.commit(account, container, call["name"], blocks, kept(request.headers))
            if blob is None:
                raise errors.bad_request("The specified block list is invalid.", "InvalidBlockList")
            return _written(blob)
        case "appendblock":
            return _append(_blob(call), call)
        case "metadata":
            blob = _blob(call)
            meta = {k: v for k, v in kept(request.headers).items() if k.startswith("x-ms-meta-")}
            others = {k: v for k, v in blob.headers.items() if not k.startswith("x-ms-meta-")}
            blobs.set_headers(blob, others | meta)
            return Response(200, b"", shown(blob))
        case "properties":
            blob = _blob(call)
            meta = {k: v for k, v in blob.headers.items() if k.startswith("x-ms-")}
            blobs.set_headers(blob, kept(request.headers) | meta)
            return Response(200, b"", shown(blob))
        case None:
            return _put_whole(call, account, container)
        case other:
            raise errors.bad_request(
                f"comp={other} is not supported by the emulator.", "UnsupportedQueryParameter"
            )


def _put_whole(call: Call, account: str, container: str) -> Response:
    headers, blobs = call.request.headers, call.app.state.blobs
    kind = headers.get("x-ms-blob-type", "BlockBlob")
    if kind not in ("BlockBlob", "AppendBlob"):
        raise errors.bad_request(f"{kind} is not supported by the emulator.", "InvalidBlobType")
    _check_new(call, account, container)
    own = kept(headers) | ({"x-ms-blob-type": kind} if kind == "AppendBlob" else {})
    return _written(blobs.put(account, container, call["name"], call.request.stream, own))


def _check_new(call: Call, account: str, container: str) -> None:
    """Raises ApiError 409 where only a new blob is wanted and there is one."""
    wanted = call.request.headers.get("if-none-match")
    if wanted == "*" and call.app.state.blobs.get(account, container, call["name"]):
        raise errors.conflict("The specified blob already exists.", "BlobAlreadyExists")


def _copy(call: Call, account: str, container: str) -> Response:
    """202 as for a copy that may last, 201 as for an upload (`upload_blob_from_url`)."""
    if "comp" in call.query:
        raise errors.bad_request(
            "Parts of other blobs are not supported by the emulator.", "UnsupportedHeader"
        )
    _check_new(call, account, container)
    blob = copying.copy(call, account, container)
    answer = _written(blob)
    answer.status = 201 if "x-ms-blob-type" in call.request.headers else 202
    answer.headers |= {name: blob.headers[name] for name in ("x-ms-copy-id", "x-ms-copy-status")}
    return answer


def _append(blob: Blob, call: Call) -> Response:
    if blob.headers.get("x-ms-blob-type") != "AppendBlob":
        raise errors.conflict("The blob type is invalid for this operation.", "InvalidBlobType")
    wanted = call.request.headers.get("x-ms-blob-condition-appendpos")
    if wanted is not None and int(wanted) != blob.size:
        raise errors.ApiError(
            412, "AppendPositionConditionNotMet", "The append position condition specified was not met."
        )
    answer = _written(call.app.state.blobs.append(blob, call.request.stream))
    answer.headers |= {"x-ms-blob-append-offset": str(blob.size), "x-ms-blob-committed-block-count": "1"}
    return answer


def _written(blob: Blob | None) -> Response:
    headers = {"x-ms-version": access.VERSION, "x-ms-request-server-encrypted": "true"}
    if blob:
        headers |= {"ETag": blob.etag, "Last-Modified": http_date(blob.modified)}
    return Response(201, b"", headers)


@service.route("DELETE", "/{container}/{name*}", "BlobClient.delete_blob")
def delete(call: Call) -> Response:
    blob = _blob(call)
    call.app.state.blobs.delete(blob.account, blob.container, blob.name)
    return Response(202, b"", {"x-ms-delete-type-permanent": "true"})

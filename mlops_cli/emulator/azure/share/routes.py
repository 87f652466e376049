"""File shares (REST version 2021-06-08 and near it): folders, files written by ranges, lists."""

from __future__ import annotations

import io
import re

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.blob import access
from mlops_cli.emulator.azure.blob.headers import kept
from mlops_cli.emulator.azure.share.listing import list_folder, shown, shown_folder
from mlops_cli.emulator.azure.share.tree import Tree
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.ranges import sliced
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "share", "File shares", hosts.SHARE, errors.blob, signed_in=False,
    left_out=("snapshots", "leases and handles", "copies and renaming", "permissions (SMB, NFS)"),
)  # fmt: skip


def _account(call: Call) -> str:
    """The account as the store of blobs knows it: `NAME.file`, for a share is no container."""
    return ".".join(call.request.host.split(".")[:2])


def _tree(call: Call) -> Tree:
    """The share, which must exist and be open to the caller."""
    account, share = _account(call), call["share"]
    access.check(call, account, share)
    if not call.app.state.blobs.has_container(account, share):
        raise errors.not_found("The specified share does not exist.", "ShareNotFound")
    return Tree(call.app.state, account, share)


def _path(call: Call) -> str:
    return call.params.get("path", "").strip("/")


def _file(call: Call) -> Blob:
    found = _tree(call).file(_path(call))
    if found is None:
        raise errors.not_found("The specified resource does not exist.", "ResourceNotFound")
    return found


def _is_about_folder(call: Call) -> bool:
    return call.query.get("restype") == "directory"


def _folder(call: Call) -> Response:
    tree, path = _tree(call), _path(call)
    if not tree.is_folder(path):
        raise errors.not_found("The specified resource does not exist.", "ResourceNotFound")
    if call.query.get("comp") == "list":
        return list_folder(call, tree, path)
    return Response(200, b"", shown_folder(tree, path))


@service.route("PUT", "/{share}", "ShareClient.create_share")
def create_share(call: Call) -> Response:
    account = _account(call)
    access.check(call, account, call["share"])
    if not call.app.state.blobs.add_container(account, call["share"]):
        raise errors.conflict("The specified share already exists.", "ShareAlreadyExists")
    return Response(201, b"", shown_folder(Tree(call.app.state, account, call["share"]), ""))


@service.route("GET", "/{share}", "rslex, ShareClient.list_directories_and_files, get_share_properties")
def share(call: Call) -> Response:
    return _folder(call)


@service.route("HEAD", "/{share}/{path*}", "ShareFileClient.get_file_properties, rslex")
def head(call: Call) -> Response:
    if _is_about_folder(call):
        return _folder(call)
    blob = _file(call)
    return Response(200, b"", {**shown(blob), "Content-Length": str(blob.size)})


@service.route("GET", "/{share}/{path*}", "ShareFileClient.download_file, ShareDirectoryClient.exists, rslex")
def get(call: Call) -> Response:
    if _is_about_folder(call):
        return _folder(call)
    blob = _file(call)
    return sliced(blob.path, blob.size, call.request.headers, shown(blob))


@service.route(
    "PUT", "/{share}/{path*}", "ShareDirectoryClient.create_directory, ShareFileClient.upload_file"
)
def put(call: Call) -> Response:
    if _is_about_folder(call):
        return _make_folder(call)
    match call.query.get("comp"):
        case None:
            return _create(call)
        case "range":
            return _write(call)
        case other:
            raise errors.bad_request(
                f"comp={other} is not supported by the emulator.", "UnsupportedQueryParameter"
            )


def _make_folder(call: Call) -> Response:
    tree, path = _tree_with_parent(call), _path(call)
    if tree.is_folder(path) or tree.file(path):
        raise errors.conflict("The specified resource already exists.", "ResourceAlreadyExists")
    tree.make(path)
    return Response(201, b"", shown_folder(tree, path))


def _tree_with_parent(call: Call) -> Tree:
    tree = _tree(call)
    if not tree.has_parent(_path(call)):
        raise errors.not_found("The specified parent path does not exist.", "ParentNotFound")
    return tree


def _create(call: Call) -> Response:
    """A file of the length that it will have, full of zeros."""
    tree, blobs = _tree_with_parent(call), call.app.state.blobs
    headers = kept({
        re.sub("^x-ms-(content-|cache-)", r"x-ms-blob-\1", name): value
        for name, value in call.request.headers.items()
    })  # fmt: skip
    blob = blobs.put(tree.account, tree.name, _path(call), io.BytesIO(), headers)
    blob = blobs.resize(blob, int(call.request.headers.get("x-ms-content-length") or 0))
    return Response(201, b"", shown(blob))


def _write(call: Call) -> Response:
    start, end = _span(call)
    with call.app.state.transaction():
        blob = _file(call)
        if end >= blob.size:
            raise errors.ApiError(416, "InvalidRange", "The range is invalid for the size of the file.")
        return Response(201, b"", shown(call.app.state.blobs.write(blob, start, call.request.stream)))


def _span(call: Call) -> tuple[int, int]:
    headers = call.request.headers
    wanted = headers.get("x-ms-range") or headers.get("range") or ""
    span = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted)
    if not span or headers.get("x-ms-write", "update").lower() != "update":
        raise errors.bad_request("The emulator writes one range of bytes at a time.", "InvalidHeaderValue")
    return int(span[1]), int(span[2])


@service.route(
    "DELETE", "/{share}/{path*}", "ShareFileClient.delete_file, ShareDirectoryClient.delete_directory"
)
def delete(call: Call) -> Response:
    if _is_about_folder(call):
        return _remove_folder(call)
    blob = _file(call)
    call.app.state.blobs.delete(blob.account, blob.container, blob.name)
    return Response(202)


def _remove_folder(call: Call) -> Response:
    _folder(call)
    tree, path = _tree(call), _path(call)
    if tree.children(path):
        raise errors.conflict("The specified directory is not empty.", "DirectoryNotEmpty")
    tree.remove(path)
    return Response(202)

"""Data Lake Storage gen2 (dfs, REST version 2019-12-12 and near it): the same files as blob storage, with folders."""

from __future__ import annotations

import io

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.blob import access
from mlops_cli.emulator.azure.blob.headers import kept
from mlops_cli.emulator.azure.lake.listing import list_paths, shown, shown_folder
from mlops_cli.emulator.azure.share.tree import Tree
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.ranges import sliced
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "lake", "Data Lake Storage gen2", hosts.LAKE, errors.lake, signed_in=False,
    left_out=("access control lists", "leases", "renaming", "Data Lake Storage gen1"),
)  # fmt: skip


def _tree(call: Call) -> Tree:
    """The file system, a container of blob storage, which must exist and be open to the caller."""
    account, container = call.request.host.split(".")[0], call["filesystem"]
    access.check(call, account, container)
    if not call.app.state.blobs.has_container(account, container):
        raise errors.not_found("The specified filesystem does not exist.", "FilesystemNotFound")
    return Tree(call.app.state, account, container)


def _path(call: Call) -> str:
    return call["path"].strip("/")


def _missing() -> errors.ApiError:
    return errors.not_found("The specified path does not exist.", "PathNotFound")


def _file(call: Call) -> Blob:
    found = _tree(call).file(_path(call))
    if found is None:
        raise _missing()
    return found


@service.route("GET", "/{filesystem}", "rslex: what lies in a folder")
def paths(call: Call) -> Response:
    tree, folder = _tree(call), call.query.get("directory", "").strip("/")
    if not tree.is_folder(folder) and not tree.file(folder):
        raise _missing()
    return list_paths(call, tree, folder)


@service.route("HEAD", "/{filesystem}/{path*}", "rslex: is there such a file or folder")
def head(call: Call) -> Response:
    tree, path = _tree(call), _path(call)
    blob = tree.file(path)
    if blob:
        return Response(200, b"", {**shown(blob), "Content-Length": str(blob.size)})
    if tree.is_folder(path):
        return Response(200, b"", shown_folder(tree, path))
    raise _missing()


@service.route("GET", "/{filesystem}/{path*}", "rslex: every read of a file")
def get(call: Call) -> Response:
    blob = _file(call)
    return sliced(blob.path, blob.size, call.request.headers, shown(blob))


@service.route("PUT", "/{filesystem}/{path*}", "rslex: the start of an upload")
def create(call: Call) -> Response:
    tree, path = _tree(call), _path(call)
    if call.query.get("resource") == "directory":
        tree.make(path)
        return Response(201, b"", shown_folder(tree, path))
    if call.request.headers.get("if-none-match") == "*" and tree.file(path):
        raise errors.conflict("The specified path already exists.", "PathAlreadyExists")
    blobs, headers = call.app.state.blobs, kept(call.request.headers)
    return Response(201, b"", shown(blobs.put(tree.account, tree.name, path, io.BytesIO(), headers)))


@service.route("PATCH", "/{filesystem}/{path*}", "rslex: append and flush of an upload")
def change(call: Call) -> Response:
    """Bytes are there at once, whichever part comes first; a flush says where the file ends."""
    position, blobs = int(call.query.get("position") or 0), call.app.state.blobs
    with call.app.state.transaction():
        blob = _file(call)
        match call.query.get("action"):
            case "append":
                return Response(202, b"", shown(blobs.write(blob, position, call.request.stream)))
            case "flush":
                return Response(200, b"", shown(blobs.resize(blob, position)))
            case other:
                raise errors.bad_request(
                    f"action={other} is not supported by the emulator.", "UnsupportedQueryParameter"
                )

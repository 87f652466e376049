"""Containers of blob storage: made, listed and removed."""

from __future__ import annotations

import uuid

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.blob import access, batch, listing
from mlops_cli.emulator.azure.blob.routes import place, service
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import http_date
from mlops_cli.emulator.wire.messages import Response

__all__ = ["service"]


@service.route("GET", "/", "BlobServiceClient.list_containers")
def containers(call: Call) -> Response:
    account = call.request.host.split(".")[0]
    access.check(call, account, "")
    if call.query.get("comp") != "list":
        raise errors.bad_request("The emulator lists containers only.", "UnsupportedQueryParameter")
    return listing.list_containers(call, account, call.app.state.blobs.containers(account))


@service.route("GET", "/{container}", "rslex, ContainerClient.list_blobs, get_container_properties")
@service.route("HEAD", "/{container}", "rslex: is the container public")
def container(call: Call) -> Response:
    account, name = place(call)
    if call.query.get("comp") == "list":
        return listing.list_blobs(call, account, name)
    headers = {
        "ETag": f'"{name}"',
        "Last-Modified": http_date(0),
        "x-ms-lease-state": "available",
        "x-ms-lease-status": "unlocked",
        "x-ms-version": access.VERSION,
    }
    return Response(200, b"", headers)


@service.route("PUT", "/{container}", "ContainerClient.create_container")
def create_container(call: Call) -> Response:
    account = call.request.host.split(".")[0]
    access.check(call, account, call["container"])
    if "comp" in call.query:
        raise errors.bad_request("Who may read a container is not changed here.", "UnsupportedQueryParameter")
    if not call.app.state.blobs.add_container(account, call["container"]):
        raise errors.conflict("The specified container already exists.", "ContainerAlreadyExists")
    return Response(201, b"", {"ETag": f'"{uuid.uuid4().hex}"', "Last-Modified": http_date(0)})


@service.route("POST", "/{container}", "ContainerClient.delete_blobs")
def many(call: Call) -> Response:
    if call.query.get("comp") != "batch":
        raise errors.bad_request("The emulator takes batches only.", "UnsupportedQueryParameter")
    return batch.delete(call.app.state.blobs, *place(call), call.request)


@service.route("DELETE", "/{container}", "ContainerClient.delete_container")
def delete_container(call: Call) -> Response:
    call.app.state.blobs.remove_container(*place(call))
    return Response(202, b"", {"x-ms-version": access.VERSION})

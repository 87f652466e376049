"""Datastores: where a workspace's data lies, with the credentials to reach it."""

from __future__ import annotations

import re

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.datastore import datastores
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.paging import paged
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "datastore", "Datastores", hosts.AML, errors.aml,
    left_out=("the content of SQL and Data Lake gen1 datastores (they are kept and listed)",),
)  # fmt: skip
BASE = "/datastore/v1.0{W}"
NAME = re.compile(r"\w{1,255}", re.ASCII)


def _get(call: Call, name: str) -> Document:
    found = datastores.find(call.workspace, name)
    if found is None:
        raise errors.not_found(f"Could not find datastore: {name}")
    return found


@service.route("GET", BASE + "/default", "Workspace.get_default_datastore")
def get_default(call: Call) -> Document:
    return _get(call, datastores.default_name(call.workspace))


@service.route("PUT", BASE + "/default/{name}", "Workspace.set_default_datastore, Datastore.set_as_default")
def set_default(call: Call) -> Response:
    datastores.set_default(call.workspace, _get(call, call["name"])["name"])
    return Response(200)


@service.route("GET", BASE + "/datastores", "Workspace.datastores")
def list_datastores(call: Call) -> Document:
    found = datastores.collection(call.workspace).all()
    return paged(found, call.query.get("continuationtoken"), call.query.get("count"))


@service.route("POST", BASE + "/datastores", "Datastore.register_azure_blob_container and its kin")
def create(call: Call) -> Document:
    name = call.document["name"]
    if not NAME.fullmatch(name):
        raise errors.bad_request(f"Names of datastores are letters, digits and underscores: {name} is not.")
    with call.app.state.transaction():
        if datastores.find(call.workspace, name):
            raise errors.bad_request("Another datastore with the same name already exists.")
        return datastores.add(call.workspace, call.document)


@service.route("PUT", BASE + "/datastores/{name}", "the same with overwrite=True")
def update(call: Call) -> Document:
    _get(call, call["name"])
    return datastores.add(call.workspace, call.document)


@service.route("GET", BASE + "/datastores/{name}", "Datastore.get, Datastore(...)")
def get(call: Call) -> Document:
    return _get(call, call["name"])


@service.route("DELETE", BASE + "/datastores/{name}", "Datastore.unregister")
def delete(call: Call) -> Response:
    name = _get(call, call["name"])["name"]
    if name == datastores.default_name(call.workspace):
        raise errors.bad_request("The default datastore cannot be deleted.")
    datastores.collection(call.workspace).delete(name.lower())
    return Response(200)

"""Linked services of a workspace: Synapse workspaces whose Spark pools may be attached as compute targets."""

from __future__ import annotations

import uuid

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.arm.connections import service
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.wire.messages import Response

__all__ = ["service"]
BASE = "{W}/linkedServices"


def _linked(call: Call) -> Collection:
    return call.workspace.collection("linked-services")


@service.route("PUT", BASE + "/{name}", "LinkedService.register")
def put(call: Call) -> Document:
    path = f"{call.workspace.arm_path}/linkedServices/{call['name']}"
    times = {"createdTime": now(), "modifiedTime": now()}
    identity = {
        "type": "SystemAssigned",
        "principalId": str(uuid.uuid5(uuid.NAMESPACE_URL, path.lower())),
        "tenantId": call.app.identity.tenant_id,
    }
    document = {
        "id": path,
        "name": call["name"],
        "type": "Microsoft.MachineLearningServices/workspaces/linkedServices",
        "location": call.document.get("location"),
        "identity": identity,
        "properties": {"linkType": "Synapse", **(call.document.get("properties") or {}), **times},
    }
    return _linked(call).put(call["name"].lower(), document)


@service.route("GET", BASE, "LinkedService.list, Workspace.linked_services")
def list_linked(call: Call) -> Document:
    return {"value": _linked(call).all()}


@service.route("GET", BASE + "/{name}", "LinkedService.get")
def get(call: Call) -> Document:
    found = _linked(call).get(call["name"].lower())
    if found is None:
        raise errors.not_found(f"Linked service {call['name']} was not found.", "LinkedServiceNotFound")
    return found


@service.route("DELETE", BASE + "/{name}", "LinkedService.unregister")
def delete(call: Call) -> Response:
    return Response(200 if _linked(call).delete(call["name"].lower()) else 204)

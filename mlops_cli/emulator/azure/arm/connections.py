"""Connections of a workspace: places outside with what is needed to sign in there."""

from __future__ import annotations

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.arm.routes import service
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.wire.messages import Response

__all__ = ["service"]
BASE = "{W}/connections"


def _connections(call: Call) -> Collection:
    return call.workspace.collection("connections")


@service.route("PUT", BASE + "/{name}", "Workspace.set_connection")
def put(call: Call) -> Document:
    document = {
        "id": f"{call.workspace.arm_path}/connections/{call['name']}",
        "name": call["name"],
        "type": "Microsoft.MachineLearningServices/workspaces/connections",
        "properties": call.document.get("properties") or {},
    }
    return _connections(call).put(call["name"].lower(), document)


@service.route("GET", BASE, "Workspace.list_connections")
def list_connections(call: Call) -> list[Document]:
    wanted = {key: call.query[key] for key in ("category", "target") if call.query.get(key)}
    found = _connections(call).all()
    return [c for c in found if all(c["properties"].get(k) == v for k, v in wanted.items())]


@service.route("GET", BASE + "/{name}", "Workspace.get_connection")
def get(call: Call) -> Document:
    found = _connections(call).get(call["name"].lower())
    if found is None:
        raise errors.not_found(f"Connection {call['name']} was not found.", "ConnectionNotFound")
    return found


@service.route("DELETE", BASE + "/{name}", "Workspace.delete_connection")
def delete(call: Call) -> Response:
    return Response(200 if _connections(call).delete(call["name"].lower()) else 204)

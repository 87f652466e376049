"""Compute targets: written through ARM, read from the data plane."""

from __future__ import annotations

import msgspec

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.compute.computes import Computes
from mlops_cli.emulator.azure.compute.kinds import credentials, sizes
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.operations import Operations
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response, json_response

writer = Service(
    "compute", "Compute targets (ARM)", hosts.ARM, errors.arm,
    left_out=("machines of their own: what is submitted to a cluster runs on this machine", "quotas"),
)  # fmt: skip
reader = Service("compute-rp", "Compute targets (data plane)", hosts.AML, errors.aml)


def _computes(call: Call) -> Computes:
    return Computes(call.workspace, fast=call.app.identity.fast)


def _existing(call: Call) -> Document:
    found = _computes(call).get(call["name"])
    if found is None:
        raise errors.not_found(f"Compute {call['name']} was not found.", "ComputeNotFound")
    return found


def _accepted(call: Call, operation: str, document: Document | None, status: int) -> Response:
    place = f"subscriptions/{call['subscription']}/providers/Microsoft.MachineLearningServices"
    url = f"https://management.azure.com/{place}/locations/{call.workspace.location}/computeOperationsStatus"
    names = f"group={call['group']}&workspace={call.workspace.name}"
    headers = {"Azure-AsyncOperation": f"{url}/{operation}?api-version=2020-02-02&{names}"}
    return json_response(document, status, headers)


@writer.route("GET", "{W}/computes", "REST: the compute targets of a workspace")
@reader.route("GET", "/rp/workspaces{W}/computes", "Workspace.compute_targets, ComputeTarget.list")
def list_computes(call: Call) -> Document:
    return {"value": _computes(call).all()}


@writer.route("GET", "{W}/computes/{name}", "REST: a compute target")
@reader.route("GET", "/rp/workspaces{W}/computes/{name}", "ComputeTarget(...), refresh_state, get_status")
def get(call: Call) -> Document:
    return _existing(call)


@writer.route("PUT", "{W}/computes/{name}", "ComputeTarget.create, attach")
def create(call: Call) -> Response:
    error = call.app.faults.on_operation(f"compute.create {call['name']}")
    document, operation = _computes(call).create(call["name"], call.document, error)
    return _accepted(call, operation, document, 201)


@writer.route("POST", "{W}/checkComputeNameAvailability", "ComputeTarget.create of a compute instance")
def check_name(call: Call) -> Document:
    taken = _computes(call).get(call.document.get("Name", "")) is not None
    return {
        "nameAvailable": not taken,
        **({"reason": "AlreadyExists", "message": "The name is taken."} if taken else {}),
    }


def _unwrapped(call: Call) -> Document:
    """The body; identities are sent by the SDK as JSON in JSON."""
    if not isinstance(call.any_document, str):
        return call.document
    try:
        return msgspec.json.decode(call.any_document, type=Document)
    except msgspec.DecodeError as error:
        raise errors.bad_request(f"the body is not JSON: {error}") from error


@writer.route("PATCH", "{W}/computes/{name}", "AmlCompute.update, add_identity, remove_identity")
def change(call: Call) -> Response:
    _existing(call)
    document, operation = _computes(call).change(call["name"], _unwrapped(call))
    return _accepted(call, operation, document, 200)


@writer.route("DELETE", "{W}/computes/{name}", "ComputeTarget.delete, detach")
def delete(call: Call) -> Response:
    _existing(call)
    return _accepted(call, _computes(call).delete(call["name"]), None, 202)


@writer.route(
    "GET",
    "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
    "/computeOperationsStatus/{id}",
    "ComputeTarget.wait_for_completion",
)
def operation(call: Call) -> Document:
    workspace = call.app.workspaces.get(
        call["subscription"], call.query.get("group", ""), call.query.get("workspace", "")
    )
    found = Operations(workspace).state(call["id"]) if workspace else None
    if found is None:
        raise errors.not_found(f"Operation {call['id']} was not found.", "OperationNotFound")
    state, error = found
    failure = {"error": {"code": "ProvisioningFailed", "statusCode": 400, "message": error}} if error else {}
    return {"id": call["id"], "status": state, **failure}


@writer.route("POST", "{W}/computes/{name}/listNodes", "AmlCompute.list_nodes")
def nodes(call: Call) -> Document:
    inner = _existing(call)["properties"]["properties"]
    count = inner.get("currentNodeCount", 0)
    return {"nodes": [{"nodeId": f"node_{n}", "nodeState": "idle", "port": 50000 + n} for n in range(count)]}


@writer.route(
    "POST", "{W}/computes/{name}/listKeys", "get_credentials of AKS, Databricks and virtual machines"
)
def keys(call: Call) -> Document:
    properties = _existing(call)["properties"]
    return credentials(properties["computeType"], properties["properties"])


@writer.route("POST", "{W}/computes/{name}/start", "ComputeInstance.start")
@writer.route("POST", "{W}/computes/{name}/restart", "ComputeInstance.restart")
def start_instance(call: Call) -> Response:
    _existing(call)
    return _accepted(call, _computes(call).set_instance_state(call["name"], "Running"), None, 202)


@writer.route("POST", "{W}/computes/{name}/stop", "ComputeInstance.stop")
def stop_instance(call: Call) -> Response:
    _existing(call)
    return _accepted(call, _computes(call).set_instance_state(call["name"], "Stopped"), None, 202)


@writer.route(
    "GET",
    "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}/vmSizes",
    "AmlCompute.supported_vmsizes",
)
def vm_sizes(call: Call) -> Document:
    return {"value": sizes(), "amlCompute": sizes()}

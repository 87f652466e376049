"""The serving half of model management: web services on ACI and AKS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.compute.computes import Computes
from mlops_cli.emulator.azure.model.images import Images
from mlops_cli.emulator.azure.model.models import Models, labels_filter
from mlops_cli.emulator.azure.service import documents, logs
from mlops_cli.emulator.azure.service.operations import RESUMED, accepted
from mlops_cli.emulator.azure.service.processes import token as new_token
from mlops_cli.emulator.azure.service.services import Services, shown
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.json_patch import apply_patch
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.users import created_by
from mlops_cli.emulator.wire.messages import Response
from mlops_cli.emulator.workspace import Workspace
from mlops_cli.engine.endpoints.keys import new_key

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

service = Service(
    "service", "Web services", hosts.AML, errors.model_management,
    left_out=("building images: packages of an environment are not installed, the emulator's own are there",
              "TLS certificates of one's own", "model data collection", "migration"),
)  # fmt: skip
BASE = "/modelmanagement/v1.0{W}"
NAME = re.compile(r"[a-z]([a-z0-9-]{1,30}[a-z0-9])?")
POLL_SECONDS = 4.0


def _services(call: Call) -> Services:
    return Services(call.app, call.workspace)


def _existing(call: Call) -> Document:
    found = _services(call).get(call["name"])
    if found is None:
        raise errors.not_found(f"Service {call['name']} was not found.", "ServiceNotFound")
    return found


def _resume(app: App, workspace: Workspace, operation: Document) -> None:
    services = Services(app, workspace)
    services.resume(operation)
    services.wait(operation["_service"], POLL_SECONDS)


RESUMED["Service"] = _resume


def _refusal(reason: str | None) -> Document:
    return {"error": {"code": "BadRequest", "message": reason}} if reason else {}


def _taken(call: Call, name: str) -> str | None:
    if _services(call).get(name) is None:
        return None
    return (
        f"Service {name} with the same name already exists, please use a different service name or delete "
        "the existing service."
    )


@service.route(
    "POST", BASE + "/services/validate", "Model.deploy, Webservice.update, delete: is it possible?"
)
@service.route("POST", BASE + "/services/validate/resource", "Model.deploy: are there resources?")
def validate(call: Call) -> Document:
    request = call.document.get("createRequest")
    return _refusal(_fault(call, request) if request else None)


@service.route("POST", BASE + "/services/validate/name/{name}", "Model.deploy: is the name free?")
def validate_name(call: Call) -> Document:
    return _refusal(_taken(call, call["name"]))


def _fault(call: Call, posted: Document) -> str | None:
    """Why the service cannot be made, where that is plain to see."""
    name, kind = str(posted.get("name")), posted.get("computeType")
    if not NAME.fullmatch(name):
        return f"Service name {name} is invalid: 3 to 32 lowercase letters, digits or -, a letter first."
    if kind not in documents.KINDS:
        return f"The emulator has no compute type {kind}."
    if (
        kind != documents.ACI
        and Computes(call.workspace, fast=True).get(str(posted.get("computeName"))) is None
    ):
        return f"The compute target {posted.get('computeName')} was not found."
    models = Models(call.workspace)
    if (image := posted.get("imageId")) and Images(call.workspace).get(image) is None:
        return f"Image {image} was not found."
    for unit in (posted.get("versions") or {"": posted}).values():
        for model_id in (unit.get("environmentImageRequest") or {}).get("modelIds") or []:
            if models.get(model_id) is None:
                return f"Model {model_id} was not found."
    return None


@service.route("POST", BASE + "/services", "Model.deploy")
def create(call: Call) -> Response:
    posted = call.document
    if reason := _fault(call, posted):
        raise errors.bad_request(reason, "BadRequest")
    if not posted.get("overwrite") and (reason := _taken(call, posted["name"])):
        raise errors.conflict(reason, "ServiceExists")
    services = _services(call)
    operation = services.put(_with_image(call, posted), created_by(call))
    return accepted(call, operation, shown(services.get(posted["name"]) or {}))


def _with_image(call: Call, document: Document) -> Document:
    """A service that is asked for by its image is made of the files of that."""
    image = document.get("imageId")
    return (
        document | {"environmentImageRequest": Images(call.workspace).request(image)} if image else document
    )


@service.route("GET", BASE + "/services", "Webservice.list, Workspace.webservices")
def list_services(call: Call) -> Document:
    query = call.query
    labels = (
        labels_filter(query.get("tags"), "kvTags"),
        labels_filter(query.get("properties"), "properties"),
    )
    model, model_id, kind = query.get("modelname"), query.get("modelid"), query.get("computetype")
    image, image_name = query.get("imageid"), query.get("imagename")
    found = [
        document
        for document in _services(call).all()
        if all(accepts(document) for accepts in labels)
        and (kind is None or document["computeType"].lower() == kind.lower())
        and image in (None, document.get("imageId"))
        and image_name in (None, (document.get("imageId") or "").rpartition(":")[0])
        and (model is None or model in [m["name"] for m in document["models"]])
        and (model_id is None or model_id in [m["id"] for m in document["models"]])
    ]
    return {"value": [shown(document) for document in found]}


@service.route("GET", BASE + "/services/{name}", "Webservice(ws, name), update_deployment_state")
def get(call: Call) -> Document:
    return shown(_existing(call))


@service.route(
    "PATCH", BASE + "/services/{name}", "Webservice.update, AksEndpoint.create_version, add_tags, ..."
)
def change(call: Call) -> Response:
    document = _existing(call)
    apply_patch(document, call.any_document or [])
    services = _services(call)
    operation = services.change(_with_image(call, document))
    return accepted(call, operation, shown(services.get(document["name"]) or document))


@service.route("DELETE", BASE + "/services/{name}", "Webservice.delete")
def delete(call: Call) -> Response:
    services = _services(call)
    found = services.get(call["name"])
    if found is None:
        return Response(204)
    return accepted(call, services.delete(found["name"]), None)


@service.route("GET", BASE + "/operations/{id}", "Webservice.wait_for_deployment, regen_key, delete")
def operation(call: Call) -> Document:
    """The operation; one that is not over is waited for a while: clients look only every five seconds."""
    services = _services(call)
    found = services.operations.get(call["id"])
    if found is None:
        raise errors.not_found(f"Operation {call['id']} was not found.", "OperationNotFound")
    if found["state"] == "Running":
        RESUMED[found["operationType"]](call.app, call.workspace, found)
        found = services.operations.get(call["id"]) or found
    return {key: value for key, value in found.items() if not key.startswith("_")}


@service.route("GET", BASE + "/services/{name}/logs", "Webservice.get_logs")
def get_logs(call: Call) -> Document:
    document, services = _existing(call), _services(call)
    tail = int(call.query.get("tail") or 5000)
    units = [services.unit(document["name"], unit) for unit in documents.units(document)]
    return {"content": logs.text([line for unit in units for line in unit.log(tail)], tail)}


@service.route("POST", BASE + "/services/{name}/listkeys", "Webservice.get_keys, run")
def list_keys(call: Call) -> Document:
    found = _services(call).secrets(_existing(call)["name"])
    return {"primaryKey": found.primary, "secondaryKey": found.secondary}


@service.route("POST", BASE + "/services/{name}/regenerateKeys", "Webservice.regen_key")
def regenerate(call: Call) -> Response:
    name, services, posted = _existing(call)["name"], _services(call), call.document
    which = str(posted.get("keyType")).lower()
    if which not in ("primary", "secondary"):
        raise errors.bad_request(f"There is no key {posted.get('keyType')}.", "BadRequest")
    changed = {which: posted.get("keyValue") or new_key()}
    services.keep(name, msgspec.structs.replace(services.secrets(name), **changed))
    operation = services.operations.begin("RegenerateKeys", name)
    services.operations.end(operation, None)
    return accepted(call, operation, None)


@service.route("POST", BASE + "/services/{name}/token", "AksWebservice.get_token, get_access_token, run")
def token(call: Call) -> Document:
    document = _existing(call)
    if not document.get("aadAuthEnabled"):
        raise errors.bad_request(f"Service {document['name']} has no token authentication.", "BadRequest")
    return new_token(_services(call).secrets(document["name"]), document["name"])

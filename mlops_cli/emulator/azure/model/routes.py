"""The registry half of model management: models and assets."""

from __future__ import annotations

from urllib.parse import quote

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.model.models import Assets, Models, labels_filter
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.json_patch import apply_patch
from mlops_cli.emulator.paging import page
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.users import created_by
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "model", "Model registry", hosts.AML, errors.model_management,
    left_out=("images for Docker: ContainerImage.run, and schema files of images",),
)  # fmt: skip
BASE = "/modelmanagement/v1.0{W}"
MOST = 255


def _missing(model_id: str) -> errors.ApiError:
    return errors.not_found(f"Model {model_id} was not found.", "ModelNotFound")


@service.route("POST", BASE + "/assets", "Model.register: the files of the model")
def create_asset(call: Call) -> Document:
    return Assets(call.workspace).create(call.document)


@service.route(
    "GET", BASE + "/assets", "ExplanationClient.list_model_explanations, download_model_explanation"
)
def list_assets(call: Call) -> Document:
    query = call.query
    found = Assets(call.workspace).find(
        run_id=query.get("runid"),
        name=query.get("name"),
        kind=query.get("type"),
        properties=query.get("properties"),
    )
    return paged(call, found, "assets")


@service.route("GET", BASE + "/assets/{id}", "Model.download")
def get_asset(call: Call) -> Document:
    found = Assets(call.workspace).get(call["id"])
    if found is None:
        raise errors.not_found(f"Asset {call['id']} was not found.", "AssetNotFound")
    return found


@service.route("POST", BASE + "/models", "Model.register, Run.register_model")
def register(call: Call) -> Document:
    return Models(call.workspace).register(call.document, created_by(call))


@service.route("GET", BASE + "/models", "Model(ws, name), Model.list, Workspace.models")
def list_models(call: Call) -> Document:
    query = call.query
    tags, properties = (
        labels_filter(query.get("tags"), "kvTags"),
        labels_filter(query.get("properties"), "properties"),
    )
    fields = {"name": query.get("name"), "runId": query.get("runid"), "framework": query.get("framework")}
    dataset = query.get("datasetid")

    def wanted(model: Document) -> bool:
        if dataset and dataset not in [d["id"] for d in model["datasets"]]:
            return False
        return (
            tags(model) and properties(model) and all(v is None or model[k] == v for k, v in fields.items())
        )

    latest = query.get("latestversiononly", "").lower() == "true"
    return paged(call, Models(call.workspace).find(wanted, latest_only=latest), "models")


@service.route("GET", BASE + "/models/{id}", "Model(ws, id=...), Model(ws, name, version=...)")
def get_model(call: Call) -> Document:
    found = Models(call.workspace).get(call["id"])
    if found is None:
        raise _missing(call["id"])
    return found


@service.route("PATCH", BASE + "/models/{id}", "Model.update, add_tags, add_properties, ...")
def patch_model(call: Call) -> Document:
    operations = call.any_document
    found = Models(call.workspace).change(call["id"], lambda document: apply_patch(document, operations))
    if found is None:
        raise _missing(call["id"])
    return found


@service.route("DELETE", BASE + "/models/{id}", "Model.delete")
def delete_model(call: Call) -> Response:
    users = [service["name"] for service in call.workspace.collection("services").all()
             if call["id"] in [model["id"] for model in service["models"]]]  # fmt: skip
    if users:
        message = f"Model {call['id']} is in use by these services and cannot be deleted: {', '.join(users)}"
        raise errors.bad_request(message, "BadRequest")
    if not Models(call.workspace).delete(call["id"]):
        raise _missing(call["id"])
    return Response(200)


def paged(call: Call, found: list[Document], kind: str) -> Document:
    """A page; `nextLink` only where there is a next one, the key alone makes clients follow it."""
    shown, following = page(found, call.query.get("$skiptoken"), call.query.get("count"), MOST)
    if following is None:
        return {"value": shown}
    others = "&".join(f"{k}={quote(v)}" for k, v in call.query.items() if k != "$skiptoken")
    return {
        "value": shown,
        "nextLink": f"{call.request.origin}{call.request.path}?{others}&$skipToken={following}",
    }

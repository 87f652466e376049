"""Images of models: ContainerImage, Webservice.deploy_from_image."""

from __future__ import annotations

import io

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.model.images import Images
from mlops_cli.emulator.azure.model.models import labels_filter
from mlops_cli.emulator.azure.model.routes import BASE, paged, service
from mlops_cli.emulator.azure.service.operations import ServiceOperations, accepted
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.json_patch import apply_patch
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response

__all__ = ["service"]
LOG = b"The emulator builds no image; a service of it runs the same files.\n"


def _existing(call: Call) -> Document:
    found = Images(call.workspace).get(call["id"])
    if found is None:
        raise errors.not_found(f"Image {call['id']} was not found.", "ImageNotFound")
    return found


@service.route("POST", BASE + "/images", "Image.create, Webservice.deploy_from_model")
def create(call: Call) -> Response:
    place = ("ImageLogs", call.document["name"], "build.log")
    artifacts = Artifacts(call.workspace, call.app.identity)
    artifacts.write(*place, io.BytesIO(LOG))
    image = Images(call.workspace).create(call.document, artifacts.location(*place)["contentUri"])
    operation = ServiceOperations(call.workspace).over(
        operationType="Image", resourceLocation=f"/images/{image['id']}"
    )
    return accepted(call, operation, image)


@service.route("GET", BASE + "/images", "Image(ws, name), Image.list, Workspace.images")
def find(call: Call) -> Document:
    query = call.query
    labels = [
        labels_filter(query.get(q), key) for q, key in (("tags", "kvTags"), ("properties", "properties"))
    ]
    name, version, model = query.get("name"), query.get("version"), query.get("modelid")

    def wanted(image: Document) -> bool:
        return (
            all(accepts(image) for accepts in labels)
            and name in (None, image["name"])
            and version in (None, str(image["version"]))
            and (model is None or model in image["modelIds"])
        )

    return paged(call, Images(call.workspace).find(wanted), "images")


@service.route("GET", BASE + "/images/{id}", "Image(ws, id=...), wait_for_creation")
def get(call: Call) -> Document:
    return _existing(call)


@service.route("PATCH", BASE + "/images/{id}", "Image.add_tags, remove_tags, add_properties")
def patch(call: Call) -> Document:
    found = _existing(call)
    apply_patch(found, call.any_document)
    return Images(call.workspace).put(found)


@service.route("DELETE", BASE + "/images/{id}", "Image.delete")
def delete(call: Call) -> Response:
    found = _existing(call)
    users = [
        one["name"]
        for one in call.workspace.collection("services").all()
        if one.get("imageId") == found["id"]
    ]
    if users:
        message = f"DeletionRequired: image {found['id']} is in use by these services: {', '.join(users)}"
        # Azure says 412, of which the SDK makes a TypeError.
        raise errors.conflict(message, "DeletionRequired")
    Images(call.workspace).delete(found["id"])
    return Response(200)

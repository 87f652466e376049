"""The environment service."""

from __future__ import annotations

import io

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.environment.environments import Environments
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.wire.messages import Response, json_response

service = Service(
    "environment", "Environments", hosts.AML, errors.aml,
    left_out=("images (nothing is built: scripts and services run in the emulator's Python)",),
)  # fmt: skip
BASE = "/environment/v1.0{W}/environments"


def _get(call: Call) -> Document:
    found = Environments(call.workspace).get(call["name"], call.params.get("version"))
    if found is None:
        raise errors.not_found(f"Environment {call['name']} was not found.", "EnvironmentNotFound")
    return found


@service.route("GET", BASE, "Workspace.environments, Environment.list")
def list_environments(call: Call) -> Document:
    return {"value": Environments(call.workspace).all(), "continuationToken": None}


@service.route("PUT", BASE + "/{name}", "Environment.register")
@service.route("PUT", BASE + "/{name}/versions/{version}", "Environment.register with a version")
def register(call: Call) -> Document:
    return Environments(call.workspace).register(call["name"], call.document, call.params.get("version"))


@service.route("GET", BASE + "/{name}", "Environment.get, Environment(...) of a submitted run")
@service.route("GET", BASE + "/{name}/versions/{version}", "Environment.get(version=...)")
def get(call: Call) -> Document:
    return _get(call)


@service.route("PUT", BASE + "/{name}/versions/{version}/metadata", "Environment.label")
def label(call: Call) -> Document:
    found = _get(call)
    labels = call.document.get("Labels") or []
    Environments(call.workspace).label(found["name"], found["version"], labels)
    return {"labels": labels}


@service.route("GET", BASE + "/{name}/labels/{label}", "Environment.get(label=...)")
def get_labelled(call: Call) -> Document:
    found = Environments(call.workspace).labelled(call["name"], call["label"])
    if found is None:
        raise errors.not_found(f"No version of {call['name']} has the label {call['label']}.")
    return found


def _built(call: Call) -> Collection:
    """The versions that were asked to be built."""
    return call.workspace.collection("environment-builds")


BUILD = "/environment/v2.0{W}/environments/{name}/versions/{version}"


@service.route("POST", BUILD + "/image", "Environment.build")
@service.route("POST", BUILD + "/imageoncompute/{compute}", "Environment.build(image_build_compute=...)")
def build(call: Call) -> Response:
    found = _get(call)
    _built(call).put(f"{found['name']}\n{found['version']}", {})
    url = f"{call.request.origin}{call.request.path.partition('/image')[0]}/build"
    return json_response({"location": url}, 202)


@service.route("GET", BUILD + "/build", "ImageBuildDetails.status, wait_for_completion")
def build_status(call: Call) -> Document:
    found = _get(call)
    artifacts, place = Artifacts(call.workspace, call.app.identity), ("Builds", found["name"])
    text = f"{found['name']}:{found['version']}: nothing was built, the emulator has one Python for all.\n"
    artifacts.write(*place, "build.log", io.BytesIO(text.encode()))
    return {"status": "Succeeded", "logUrl": artifacts.location(*place, "build.log")["contentUri"]}


@service.route("GET", BASE + "/{name}/image", "Environment.get_image_details before it is registered")
@service.route("GET", BASE + "/{name}/versions/{version}/image", "Environment.get_image_details")
def image(call: Call) -> Document:
    found = _get(call)
    return {
        "imageExistsInRegistry": _built(call).get(f"{found['name']}\n{found['version']}") is not None,
        "vmSize": None,
        "dockerImage": {"name": f"azureml/{found['name'].lower()}", "registry": {"address": None}},
        "pythonEnvironment": found.get("python"),
    }

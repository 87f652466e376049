"""The environment service."""

from __future__ import annotations

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.environment.environments import Environments
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document

service = Service(
    "environment", "Environments", hosts.AML, errors.aml,
    left_out=("building images (Environment.build, build_local)", "labels"),
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


@service.route("GET", BASE + "/{name}/versions/{version}/image", "Environment.get_image_details")
def image(call: Call) -> Document:
    found = _get(call)
    return {
        "imageExistsInRegistry": False,
        "vmSize": None,
        "dockerImage": {"name": f"azureml/{found['name'].lower()}", "registry": {"address": None}},
        "pythonEnvironment": found.get("python"),
    }

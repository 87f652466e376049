"""Model.profile: how fast a model answers and what it needs."""

from __future__ import annotations

from mlops_cli.emulator import hosts
from mlops_cli.emulator.azure.profile import profiles
from mlops_cli.emulator.azure.service.operations import accepted
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.errors import model_management
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "profile", "Profiles of models", hosts.AML, model_management,
    left_out=("limits of processor and memory: the model has this machine's",),
)  # fmt: skip
BASE = "/modelmanagement/v1.0{W}/profiles"


@service.route("POST", BASE, "Model.profile")
def start(call: Call) -> Response:
    return accepted(call, profiles.start(call.app, call.workspace, call.document), None)


@service.route("GET", BASE, "ModelProfile.get_details, wait_for_completion")
def find(call: Call) -> Document:
    found = profiles.profiles(call.workspace).get(call.query.get("name", ""))
    return {"value": [found] if found else []}

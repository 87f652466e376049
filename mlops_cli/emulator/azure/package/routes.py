"""Model.package: a build context for Docker, or the name an image would have."""

from __future__ import annotations

from mlops_cli.emulator import hosts
from mlops_cli.emulator.azure.package import packages
from mlops_cli.emulator.azure.service.operations import accepted
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.errors import model_management
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "package", "Packages of models", hosts.AML, model_management,
    left_out=("images: ModelPackage.pull finds none, save() writes what `docker build` needs",),
)  # fmt: skip


@service.route("POST", "/modelmanagement/v1.0{W}/packages", "Model.package")
def create(call: Call) -> Response:
    operation = packages.create(call.workspace, call.app.identity, call.document)
    return accepted(call, operation, None)

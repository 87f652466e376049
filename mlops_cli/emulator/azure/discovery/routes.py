"""Discovery: where the services of a workspace are. All of them are at the data plane's own host."""

from __future__ import annotations

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service

service = Service("discovery", "Service discovery", hosts.AML, errors.aml, signed_in=False)
KEYS = (
    "api", "catalog", "experimentation", "history", "hyperdrive", "inference", "labeling", "model",
    "modelmanagement", "notebooks", "pipelines", "registry",
)  # fmt: skip


@service.route("GET", "/discovery", "the first call to the data plane")
def discover(call: Call) -> dict[str, str]:
    return dict.fromkeys(KEYS, call.request.origin) | {"studio": hosts.PORTAL}

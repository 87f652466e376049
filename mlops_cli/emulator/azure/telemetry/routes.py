"""Telemetry of the clients: taken and thrown away."""

from __future__ import annotations

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service

service = Service("telemetry", "Client telemetry (discarded)", hosts.TELEMETRY, errors.arm, signed_in=False)


@service.route("POST", "/v2/track", "usage data of azureml-core and azureml-dataprep")
def track(call: Call) -> dict[str, object]:
    return {"itemsReceived": 1, "itemsAccepted": 1, "errors": []}

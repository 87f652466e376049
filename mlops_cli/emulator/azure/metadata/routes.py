"""Managed identity: the instance metadata service of a virtual machine, and an MSI endpoint."""

from __future__ import annotations

import time

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.tokens import LIFETIME_SECONDS

service = Service(
    "metadata", "Managed identity (virtual machine)", hosts.METADATA, errors.aad, signed_in=False
)
endpoint = Service("msi", "Managed identity (MSI_ENDPOINT)", hosts.SELF, errors.aad, signed_in=False)


@service.route("GET", "/metadata/identity/oauth2/token", "MsiAuthentication on a virtual machine")
def token(call: Call) -> dict[str, object]:
    return _token(call, call.query.get("resource", ""))


@endpoint.route("POST", "/msi/token", "MsiAuthentication where MSI_ENDPOINT is set")
def endpoint_token(call: Call) -> dict[str, object]:
    return _token(call, call.request.form.get("resource", ""))


def _token(call: Call, resource: str) -> dict[str, object]:
    if not resource:
        raise errors.bad_request("the parameter 'resource' is missing", "invalid_request")
    return {
        "access_token": call.app.tokens.make(resource),
        "client_id": call.app.identity.client_id,
        "token_type": "Bearer",
        "resource": resource,
        "expires_in": str(LIFETIME_SECONDS),
        "expires_on": str(int(time.time()) + LIFETIME_SECONDS),
        "not_before": str(int(time.time())),
    }

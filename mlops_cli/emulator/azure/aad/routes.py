"""Azure Active Directory: what MSAL and azure-identity ask of login.microsoftonline.com."""

from __future__ import annotations

import time

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.aad import browser, grants
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.wire.messages import Response

service = Service("aad", "Azure Active Directory", hosts.AAD, errors.aad, signed_in=False)


@service.route("GET", "/common/discovery/instance", "authority check")
def instance(call: Call) -> dict[str, object]:
    host = call.request.host
    return {
        "tenant_discovery_endpoint": f"https://{host}/common/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [
            {"preferred_network": host, "preferred_cache": "login.windows.net",
             "aliases": ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com"]}
        ],
    }  # fmt: skip


@service.route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", "authority metadata")
def configuration(call: Call) -> dict[str, object]:
    tenant = call["tenant"]
    known = {"common", "organizations", "consumers", call.app.identity.tenant_id}
    if tenant.lower() not in known:
        raise errors.bad_request(f"Tenant '{tenant}' not found.", "invalid_tenant")
    base = f"https://{call.request.host}/{tenant}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "issuer": f"https://login.microsoftonline.com/{call.app.identity.tenant_id}/v2.0",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_types_supported": ["code", "id_token", "code id_token", "token id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "tenant_region_scope": "NA",
        "cloud_instance_name": "microsoftonline.com",
    }


@service.route("GET", "/{tenant}/oauth2/v2.0/authorize", "InteractiveLoginAuthentication: browser")
def authorize(call: Call) -> Response:
    body = browser.page(call.app.tokens, call.request.query)
    return Response(200, body.encode(), {"Content-Type": "text/html; charset=utf-8"})


@service.route("POST", "/{tenant}/oauth2/v2.0/devicecode", "InteractiveLoginAuthentication: device code")
def device_code(call: Call) -> dict[str, object]:
    return grants.device_code(call.app.tokens)


@service.route(
    "POST", "/{tenant}/oauth2/v2.0/token", "every sign-in: secret, certificate, browser, device code, refresh"
)
def token(call: Call) -> dict[str, object]:
    return grants.token(call.app, call.request.form)


@service.route("POST", "/{tenant}/oauth2/token", "rslex: the service principal of a datastore")
def first_token(call: Call) -> dict[str, object]:
    """Version 1 of the same, in which numbers are words."""
    found = grants.token(call.app, call.request.form)
    expires = str(int(time.time()) + int(found["expires_in"]))
    answer = {**found, "expires_on": expires, "resource": call.request.form.get("resource", "")}
    return {name: str(value) for name, value in answer.items()}

"""Azure Resource Manager: subscriptions, workspaces and their deployments."""

from __future__ import annotations

import re

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.arm import deployments
from mlops_cli.emulator.azure.arm.workspaces import TYPE
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "arm", "Azure Resource Manager", hosts.ARM, errors.arm,
    left_out=("private endpoints", "role assignments", "workspace connections"),
)  # fmt: skip
GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"


def check_subscription(call: Call) -> None:
    """Raises ApiError when the path names a subscription that the instance does not have."""
    wanted = call["subscription"]
    if wanted.lower() not in call.app.workspaces.subscriptions():
        raise errors.not_found(f"The subscription '{wanted}' could not be found.", "SubscriptionNotFound")


@service.route("GET", "/subscriptions", "every workspace client")
def subscriptions(call: Call) -> dict[str, object]:
    tenant = call.app.identity.tenant_id
    return {
        "value": [
            {"id": f"/subscriptions/{s}", "subscriptionId": s, "displayName": "Emulated subscription",
             "state": "Enabled", "tenantId": tenant}
            for s in call.app.workspaces.subscriptions()
        ]
    }  # fmt: skip


@service.route("GET", "/tenants", "InteractiveLoginAuthentication")
def tenants(call: Call) -> dict[str, object]:
    tenant = call.app.identity.tenant_id
    return {"value": [{"id": f"/tenants/{tenant}", "tenantId": tenant, "displayName": "Emulated tenant"}]}


@service.route("GET", "/subscriptions/{subscription}/resources", "Workspace.list(subscription)")
def resources(call: Call) -> dict[str, object]:
    check_subscription(call)
    if not re.search(re.escape(TYPE), call.query.get("$filter", ""), re.I):
        return {"value": []}
    return {"value": [w.document for w in call.app.workspaces.all(call["subscription"])]}


@service.route("GET", f"{GROUP}/resources", "Workspace.create: what the group holds")
def group_resources(call: Call) -> dict[str, object]:
    check_subscription(call)
    return {"value": []}


@service.route("GET", GROUP, "Workspace.create: does the group exist")
def group(call: Call) -> dict[str, object]:
    check_subscription(call)
    if not call.app.workspaces.has_group(call["subscription"], call["group"]):
        raise errors.not_found(
            f"Resource group '{call['group']}' could not be found.", "ResourceGroupNotFound"
        )
    return _group(call, call["group"])


@service.route("GET", "/subscriptions/{subscription}/resourceGroups", "REST: groups of the subscription")
def groups(call: Call) -> dict[str, object]:
    check_subscription(call)
    return {"value": [_group(call, name) for name in call.app.workspaces.groups(call["subscription"])]}


@service.route("PUT", GROUP, "Workspace.create(create_resource_group=True)")
def create_group(call: Call) -> dict[str, object]:
    check_subscription(call)
    call.app.workspaces.add_group(call["subscription"], call["group"])
    return _group(call, call["group"])


def _group(call: Call, name: str) -> dict[str, object]:
    return {
        "id": f"/subscriptions/{call['subscription']}/resourceGroups/{name}",
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": call.app.identity.location,
        "properties": {"provisioningState": "Succeeded"},
    }


@service.route("GET", "/subscriptions/{subscription}/providers/{provider}", "Workspace.create: regions")
def provider(call: Call) -> dict[str, object]:
    check_subscription(call)
    kinds = ("workspaces", "vaults", "storageAccounts", "components", "registries")
    places = ["East US", "East US 2", "West US 2", "West Europe", "North Europe", "Southeast Asia"]
    return {
        "namespace": call["provider"],
        "registrationState": "Registered",
        "resourceTypes": [
            {"resourceType": k, "locations": places, "apiVersions": ["2022-05-01"]} for k in kinds
        ],
    }


@service.route(
    "GET", f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces", "Workspace.list(group)"
)
def group_workspaces(call: Call) -> dict[str, object]:
    check_subscription(call)
    return {"value": [w.document for w in call.app.workspaces.all(call["subscription"], call["group"])]}


@service.route("GET", "{W}", "Workspace.get, Workspace(...), from_config, get_details")
def workspace(call: Call) -> dict[str, object]:
    return call.workspace.document


@service.route("PATCH", "{W}", "Workspace.update")
def update(call: Call) -> dict[str, object]:
    return call.app.workspaces.change(call.workspace, call.document).document


@service.route("DELETE", "{W}", "Workspace.delete")
def delete(call: Call) -> Response:
    call.app.workspaces.delete(call.workspace)
    return Response(200)


@service.route("POST", "{W}/listKeys", "Workspace keys")
def keys(call: Call) -> dict[str, object]:
    ids = call.workspace.document["properties"]
    password = {"name": "password", "value": call.app.identity.storage_key}
    return {
        "userStorageKey": call.app.identity.storage_key,
        "userStorageResourceId": ids["storageAccount"],
        "appInsightsInstrumentationKey": call.workspace.id,
        "containerRegistryCredentials": {
            "location": call.workspace.location,
            "username": call.workspace.storage,
            "passwords": [password, password | {"name": "password2"}],
        },
    }


@service.route("POST", "{W}/diagnose", "Workspace.diagnose_workspace")
def diagnose(call: Call) -> dict[str, object]:
    """Nothing is wrong with what a workspace here depends on."""
    examined = (
        "userDefinedRoute", "networkSecurityRule", "resourceLock", "dnsResolution", "storageAccount",
        "keyVault", "containerRegistry", "applicationInsights", "other",
    )  # fmt: skip
    return {"value": {f"{what}Results": [] for what in examined}}


@service.route("POST", "{W}/resyncKeys", "Workspace.sync_keys")
def sync_keys(call: Call) -> Response:
    return Response(200)


@service.route("PUT", f"{GROUP}/providers/Microsoft.Resources/deployments/{{name}}", "Workspace.create")
def deploy(call: Call) -> dict[str, object]:
    check_subscription(call)
    return deployments.deploy(
        call.app.workspaces, call["subscription"], call["group"], call["name"], call.document
    )


@service.route("GET", f"{GROUP}/deployments/{{name}}/operations", "Workspace.create: steps")
def operations(call: Call) -> dict[str, object]:
    check_subscription(call)
    return {"value": []}

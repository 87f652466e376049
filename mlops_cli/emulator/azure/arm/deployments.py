"""ARM template deployments: only what they say about workspaces is carried out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document

if TYPE_CHECKING:
    from mlops_cli.emulator.azure.arm.workspaces import Workspaces

TYPE = "microsoft.machinelearningservices/workspaces"


def deploy(workspaces: Workspaces, subscription: str, group: str, name: str, body: Document) -> Document:
    """Make the workspaces of the template and answer the finished deployment."""
    properties = body.get("properties") or {}
    template, given = properties.get("template") or {}, properties.get("parameters") or {}
    values = {k: v.get("defaultValue") for k, v in (template.get("parameters") or {}).items()}
    values |= {k: v.get("value") for k, v in given.items()}
    for resource in template.get("resources") or []:
        if resource.get("type", "").lower() == TYPE:
            _make(workspaces, subscription, group, resource, values)
    return succeeded(subscription, group, name)


def _make(
    workspaces: Workspaces, subscription: str, group: str, resource: Document, values: Document
) -> None:
    inner = resource.get("properties") or {}
    workspaces.ensure(
        subscription, group, _value(resource["name"], values),
        location=_value(resource.get("location"), values), tags=_value(resource.get("tags"), values),
        sku=_value(resource.get("sku"), values), friendly_name=_value(inner.get("friendlyName"), values),
        description=_value(inner.get("description"), values),
        hbi_workspace=_value(inner.get("hbiWorkspace"), values),
    )  # fmt: skip


def _value(raw: Any, values: Document) -> Any:
    """A template value; `[parameters('x')]` is looked up, other expressions are unknown here."""
    if isinstance(raw, dict):
        return {k: _value(v, values) for k, v in raw.items()}
    if not isinstance(raw, str) or not raw.startswith("["):
        return raw
    match = re.fullmatch(r"\[parameters\('(\w+)'\)\]", raw.strip())
    return values.get(match[1]) if match else None


def succeeded(subscription: str, group: str, name: str) -> Document:
    path = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Resources/deployments/{name}"
    return {
        "id": path,
        "name": name,
        "properties": {
            "provisioningState": "Succeeded",
            "timestamp": now(),
            "duration": "PT0.1S",
            "outputs": {},
        },
    }

"""What deploying would change, found out without sending anything."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from mlops_cli.domain.deployment import DeployRequest, Plan
from mlops_cli.domain.endpoints import DeploySettings, Endpoint
from mlops_cli.status import EndpointState

DEFAULT_REPLICAS = 2


def content_hash(request: DeployRequest) -> str:
    """SHA-256 over all that, once changed, is another deployment."""
    settings = request.settings
    parts: list[Any] = [request.model, settings.target, settings.scoring_timeout_ms]
    parts += [settings.cpu_cores, settings.memory_gb]
    parts += [settings.cluster] if settings.cluster else []
    script = request.entry_script.read_bytes() if request.entry_script else b""
    return hashlib.sha256(msgspec.json.encode(parts) + b"\0" + script).hexdigest()


def replicas(settings: DeploySettings | Endpoint) -> int:
    """A service on aci is one container."""
    return 1 if settings.target == "aci" else settings.workers or DEFAULT_REPLICAS


def plan(existing: Endpoint | None, request: DeployRequest) -> Plan:
    """Compare what is wanted with the endpoint as Azure shows it."""
    if existing is None or existing.state == EndpointState.FAILED:
        what = [part for part in (request.model, request.entry_script and request.entry_script.name) if part]
        return Plan(request.name, "create", [f"{' with '.join(what)}, auth {request.settings.auth}"])
    changes = _changes(existing, request)
    told = [f"{key} {_shown(old)} -> {_shown(new)}" for key, (old, new) in changes.items()]
    if existing.content_hash != content_hash(request):
        return Plan(request.name, "update", told or ["entry script or settings"])
    return Plan(request.name, "configure" if changes else "unchanged", told)


def _changes(existing: Endpoint, request: DeployRequest) -> dict[str, tuple[Any, Any]]:
    settings = request.settings
    model = f"{existing.model_name}:{existing.model_version}" if existing.model_name else None
    pairs = {
        "model": (model, request.model),
        "target": (existing.target, settings.target),
        "auth": (existing.auth, settings.auth),
        "workers": (existing.workers, replicas(settings)),
        "app_insights": (existing.app_insights, settings.app_insights),
        "collect_data": (existing.collect_data, settings.collect_data and settings.target == "aks"),
        "tags": (existing.tags, settings.tags),
    }
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in value.items()) or "none"
    return "none" if value is None else str(value)

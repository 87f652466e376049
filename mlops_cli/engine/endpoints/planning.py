"""What deploying a source would change, found out without changing anything."""

from mlops_cli.domain.deployment import Plan
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.engine.clock import now
from mlops_cli.engine.endpoints import sockets
from mlops_cli.engine.endpoints.packaging import Source
from mlops_cli.engine.store import Store
from mlops_cli.errors import UsageError
from mlops_cli.status import EndpointState


def plan(existing: Endpoint | None, source: Source) -> Plan:
    """Compare what is wanted with `existing`, an endpoint as observed."""
    if existing is None or existing.revision == 0:
        return Plan(source.name, "create", [f"{_described(source)}, auth {source.settings.auth}"])
    _check_port(existing, source)
    changes = _changes(existing, source)
    if existing.content_hash != source.content_hash():
        return Plan(source.name, "update", changes or ["entry script, settings or mlops itself"])
    if existing.state in (EndpointState.STOPPED, EndpointState.FAILED):
        return Plan(source.name, "start", [*changes, f"{existing.state} -> Healthy"])
    return Plan(source.name, "configure" if changes else "unchanged", changes)


def target(store: Store, existing: Endpoint | None, source: Source) -> Endpoint:
    """The endpoint as it will be; its revision is still that of `existing`. Chooses the port of a new one."""
    settings, model = source.settings, source.model
    port = existing.port if existing else _port(store, source)
    return Endpoint(
        name=source.name,
        state=EndpointState.TRANSITIONING,
        scoring_uri=f"http://{sockets.HOST}:{port}/score",
        swagger_uri=f"http://{sockets.HOST}:{port}/swagger.json",
        auth=settings.auth,
        app_insights=settings.app_insights,
        collect_data=settings.collect_data,
        target=settings.target,
        workers=source.workers(),
        content_hash=source.content_hash(),
        created_at=existing.created_at if existing else now(),
        updated_at=now(),
        model_name=model.name if model else None,
        model_version=model.version if model else None,
        port=port,
        revision=existing.revision if existing else 0,
        tags=settings.tags,
    )


def _changes(existing: Endpoint, source: Source) -> list[str]:
    settings = source.settings
    pairs = {
        "model": (_model_name(existing.model_name, existing.model_version), _model_of(source)),
        "target": (existing.target, settings.target),
        "auth": (existing.auth, settings.auth),
        "workers": (existing.workers, source.workers()),
        "app_insights": (existing.app_insights, settings.app_insights),
        "collect_data": (existing.collect_data, settings.collect_data),
        "tags": (existing.tags, settings.tags),
    }
    return [f"{name} {_shown(old)} -> {_shown(new)}" for name, (old, new) in pairs.items() if old != new]


def _described(source: Source) -> str:
    parts = [_model_of(source)] if source.model else []
    return " with ".join(parts + ([source.entry_script.name] if source.entry_script else []))


def _model_of(source: Source) -> str:
    return _model_name(source.model.name, source.model.version) if source.model else "none"


def _model_name(name: str | None, version: int | None) -> str:
    return f"{name}:{version}" if name else "none"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in value.items()) or "none"
    return str(value)


def _check_port(existing: Endpoint, source: Source) -> None:
    wanted = source.settings.port
    if wanted not in (0, existing.port):
        message = f"endpoint {source.name} has port {existing.port} and keeps it; {wanted} is asked for"
        raise UsageError(message, hint=f"to move it: mlops endpoints delete {source.name}, then deploy again")


def _port(store: Store, source: Source) -> int:
    taken = {
        endpoint.port: endpoint.name for endpoint in store.endpoints.all() if endpoint.name != source.name
    }
    wanted = source.settings.port
    if wanted in taken:
        raise UsageError(
            f"port {wanted} belongs to the endpoint {taken[wanted]}", hint="choose another: --port PORT"
        )
    if wanted:
        sockets.check_unused(wanted)
    return wanted or sockets.free_port(taken)

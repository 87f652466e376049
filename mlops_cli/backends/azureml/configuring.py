"""What Azure is told about a service beside its content: size, place, auth, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml import planning, webservices
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own, with_own
from mlops_cli.domain.deployment import DeployRequest
from mlops_cli.domain.endpoints import DeploySettings, Endpoint, Target
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.core.compute import AksCompute
    from azureml.core.webservice import Webservice

COLLECTOR = (
    "Azure collects what the entry script hands to azureml.monitoring's ModelDataCollector, and nothing else"
)


def changeable(target: Target, wanted: DeploySettings | Endpoint) -> dict[str, Any]:
    """Arguments that a new service and the update of a running one share."""
    shared = {"auth_enabled": wanted.auth == "key", "enable_app_insights": wanted.app_insights}
    if target == "aci":
        return shared
    more = {"token_auth_enabled": wanted.auth == "token", "collect_model_data": wanted.collect_data}
    return {**shared, **more, "num_replicas": planning.replicas(wanted)}


def unheeded(settings: DeploySettings) -> list[str]:
    """What is set and has no counterpart in a service on Azure, one line each."""
    said = ["Azure chooses the port; deploy.port is not used"] if settings.port else []
    if settings.target != "aci":
        return said + ([COLLECTOR] if settings.collect_data else [])
    if settings.collect_data:
        said.append("Azure collects no data of a service on aci; deploy.collect_data is for aks")
    if (settings.workers or 1) > 1:
        said.append(f"a service on aci is one container; deploy.workers {settings.workers} is for aks")
    if settings.scoring_timeout_ms != DeploySettings().scoring_timeout_ms:
        said.append("a service on aci has no timeout of its own; deploy.scoring_timeout_ms is for aks")
    return said


def configuration(settings: DeploySettings, tags: dict[str, str]) -> Any:
    """The SDK's deployment configuration."""
    from azureml.core.webservice import AciWebservice, AksWebservice

    size = {"cpu_cores": settings.cpu_cores, "memory_gb": settings.memory_gb, "tags": tags}
    more = changeable(settings.target, settings)
    if settings.target == "aci":
        return AciWebservice.deploy_configuration(**size, **more)
    return AksWebservice.deploy_configuration(
        **size,
        **more,
        autoscale_enabled=False,
        scoring_timeout_ms=settings.scoring_timeout_ms,
    )


def cluster(session: Session, settings: DeploySettings) -> AksCompute | None:
    """The AKS cluster that is named, or the only one there is; aci needs none. None is ever made here.

    Raises NotFoundError where there is none, UsageError where nothing says which.
    """
    if settings.target == "aci":
        return None
    from azureml.core.compute import AksCompute

    every = session.workspace.compute_targets.values()
    found = {one.name: one for one in every if isinstance(one, AksCompute)}
    names = ", ".join(sorted(found))
    if not found:
        hint = "create or attach one in the workspace (it costs money), or use deploy.target aci"
        raise NotFoundError("the workspace has no AKS cluster", hint=hint)
    if settings.cluster is None and len(found) > 1:
        hint = "name one in the profile: deploy.cluster"
        raise UsageError(f"the workspace has several AKS clusters: {names}", hint=hint)
    if settings.cluster and settings.cluster not in found:
        message = f"the workspace has no AKS cluster '{settings.cluster}'; it has: {names}"
        raise NotFoundError(message, hint="set deploy.cluster to one of them")
    return found[settings.cluster] if settings.cluster else next(iter(found.values()))


def tags(request: DeployRequest, service: Webservice | None) -> dict[str, str]:
    """The user's tags and ours: what was sent, how often, which model."""
    before = own(service.tags) if service else {}
    content = planning.content_hash(request)
    revision = int(before.get("revision", 0)) + (content != before.get("content"))
    model = {"model": request.model} if request.model else {}
    return with_own(request.settings.tags, content=content, revision=str(revision), **model)


def is_other_machine(service: Webservice, settings: DeploySettings) -> bool:
    """Whether the service has another size or place than is asked for; Azure must make it anew then."""
    if webservices.endpoint(service).target != settings.target:
        return True
    if settings.cluster and getattr(service, "compute_name", None) != settings.cluster:
        return True
    size = service.container_resource_requirements
    return bool((size.cpu, size.memory_in_gb) != (settings.cpu_cores, settings.memory_gb))

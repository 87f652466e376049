"""What Azure is told about a service beside its content: size, place, auth, tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml import planning, webservices
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own, with_own
from mlops_cli.domain.deployment import DeployRequest
from mlops_cli.domain.endpoints import Auth, DeploySettings, Target
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.core.compute import AksCompute
    from azureml.core.webservice import Webservice

DEFAULT_REPLICAS = 2


def changeable(target: Target, auth: Auth, app_insights: bool) -> dict[str, Any]:
    """Arguments that a new service and the update of a running one share."""
    token = {"token_auth_enabled": auth == "token"} if target == "aks" else {}
    return {"auth_enabled": auth == "key", "enable_app_insights": app_insights, **token}


def configuration(settings: DeploySettings, tags: dict[str, str]) -> Any:
    """The SDK's deployment configuration."""
    from azureml.core.webservice import AciWebservice, AksWebservice

    size = {"cpu_cores": settings.cpu_cores, "memory_gb": settings.memory_gb, "tags": tags}
    more = changeable(settings.target, settings.auth, settings.app_insights)
    if settings.target == "aci":
        return AciWebservice.deploy_configuration(**size, **more)
    return AksWebservice.deploy_configuration(
        **size,
        **more,
        num_replicas=settings.workers or DEFAULT_REPLICAS,
        autoscale_enabled=False,
        scoring_timeout_ms=settings.scoring_timeout_ms,
    )


def cluster(session: Session, target: Target) -> AksCompute | None:
    """The Kubernetes cluster of the workspace; aci needs none. Raises unless there is exactly one."""
    if target == "aci":
        return None
    from azureml.core.compute import AksCompute

    found = [c for c in session.workspace.compute_targets.values() if isinstance(c, AksCompute)]
    if not found:
        hint = "create or attach one in the workspace, or use deploy.target aci"
        raise NotFoundError("the workspace has no AKS cluster", hint=hint)
    if len(found) > 1:
        names = ", ".join(sorted(one.name for one in found))
        raise UsageError(f"the workspace has several AKS clusters: {names}", hint="keep the one to use")
    return found[0]


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
    size = service.container_resource_requirements
    return bool((size.cpu, size.memory_in_gb) != (settings.cpu_cores, settings.memory_gb))

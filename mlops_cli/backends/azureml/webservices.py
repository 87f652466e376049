"""Web services of Azure ML as our endpoints."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml import missing
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own, without_own
from mlops_cli.domain.endpoints import Auth, Endpoint, Target
from mlops_cli.errors import TimeoutExceededError
from mlops_cli.status import EndpointState

if TYPE_CHECKING:
    from azureml.core.webservice import Webservice

POLL_SECONDS = 2.0
SETTLE_SECONDS = 1800.0
TARGETS: dict[str, Target] = {"ACI": "aci", "AKS": "aks", "AKSENDPOINT": "aks"}


def find(session: Session, name: str) -> Webservice | None:
    from azureml.core.webservice import Webservice

    return session.find(lambda: Webservice(session.workspace, name))


def existing(session: Session, name: str) -> Webservice:
    """Raises NotFoundError naming what there is."""
    found = find(session, name)
    if found is None:
        raise missing.no_endpoint(name, sorted(service.name for service in everything(session)))
    return found


def everything(session: Session) -> list[Webservice]:
    from azureml.core.webservice import Webservice

    return list(Webservice.list(session.workspace))


def settle(service: Webservice) -> None:
    """Wait until Azure has made up its mind. Raises TimeoutExceededError."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while _state(service.state) == EndpointState.TRANSITIONING:
        if time.monotonic() > deadline:
            raise TimeoutExceededError(
                f"Azure is still busy with {service.name}", hint="mlops endpoints list"
            )
        time.sleep(POLL_SECONDS)
        service.update_deployment_state()


def endpoint(service: Webservice) -> Endpoint:
    """The service as it was when it was last asked for."""
    ours = own(service.tags)
    name, _, version = ours.get("model", "").partition(":")
    created = _moment(service.created_time)
    collection = getattr(service, "data_collection", None)
    return Endpoint(
        name=service.name,
        state=_state(service.state),
        scoring_uri=str(service.scoring_uri or ""),
        swagger_uri=str(getattr(service, "swagger_uri", None) or ""),
        auth=_auth(service),
        app_insights=bool(getattr(service, "enable_app_insights", False)),
        collect_data=bool(collection and collection.storage_enabled),
        target=TARGETS.get(service.compute_type, "aci"),
        workers=getattr(service, "num_replicas", None) or 1,
        content_hash=ours.get("content", ""),
        created_at=created,
        updated_at=_moment(service.updated_time) if service.updated_time else created,
        model_name=name or None,
        model_version=int(version) if version else None,
        revision=int(ours.get("revision", 1)),
        error=error_of(service.error),
        tags=without_own(service.tags),
    )


def error_of(told: Any) -> str | None:
    """Azure's reason for a failed service: the first line of its innermost message."""
    if not told:
        return None
    if not isinstance(told, dict):
        return str(told)
    details = [d.get("message") for d in told.get("details") or [] if isinstance(d, dict)]
    text = next((text for text in (*details, told.get("message")) if text), told.get("code") or told)
    return str(text).splitlines()[0]


def _state(text: str | None) -> EndpointState:
    try:
        return EndpointState(text or "")
    except ValueError:
        return EndpointState.TRANSITIONING


def _auth(service: Webservice) -> Auth:
    if service.token_auth_enabled:
        return "token"
    return "key" if service.auth_enabled else "none"


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""Web services of the workspace."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import msgspec

from mlops_cli.backends.azureml import configuring, insights, packaging, serverlog, webservices
from mlops_cli.backends.azureml.deployment import Deployment, sample_of
from mlops_cli.backends.azureml.models import AzureModels
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.data import Row
from mlops_cli.domain.deployment import DeployRequest, Phase, Plan
from mlops_cli.domain.endpoints import (
    CollectedData,
    Endpoint,
    EndpointKeys,
    EndpointUpdate,
    LogLine,
    LogQuery,
    RequestRecord,
    check_name,
)
from mlops_cli.engine.endpoints import journal
from mlops_cli.errors import TimeoutExceededError, UsageError

POLL_SECONDS = 2.0
DELETE_SECONDS = 600.0


class AzureEndpoints:
    """EndpointBackend over ACI and AKS web services."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def plan(self, request: DeployRequest) -> Plan:
        check_name(request.name)
        packaging.model_of(self._session, request)
        return Deployment(self._session, request, lambda _: None).plan()

    def deploy(self, request: DeployRequest, on_phase: Callable[[Phase], None]) -> tuple[Endpoint, bool]:
        check_name(request.name)
        for line in configuring.unheeded(request.settings):
            self._session.say(line)
        return Deployment(self._session, request, on_phase).run(sample_of(request, self._example(request)))

    def list(self) -> list[Endpoint]:
        found = map(webservices.endpoint, webservices.everything(self._session))
        return sorted(found, key=lambda endpoint: endpoint.name)

    def get(self, name: str) -> Endpoint:
        return webservices.endpoint(webservices.existing(self._session, name))

    def keys(self, name: str) -> EndpointKeys:
        service = webservices.existing(self._session, name)
        return EndpointKeys(*service.get_keys())

    def regenerate(self, name: str, which: str) -> EndpointKeys:
        service = webservices.existing(self._session, name)
        service.regen_key(which.capitalize())
        return EndpointKeys(*service.get_keys())

    def token(self, name: str) -> tuple[str, str]:
        service = webservices.existing(self._session, name)
        auth = webservices.endpoint(service).auth
        if auth != "token":
            hint = f"see: mlops endpoints keys {name}" if auth == "key" else "it needs no token"
            raise UsageError(f"endpoint {name} has auth {auth}, not token", hint=hint)
        found = service.get_access_token()
        return found.access_token, found.expiry_on.isoformat()

    def start(self, name: str) -> tuple[Endpoint, bool]:
        raise self._always_runs(name)

    def stop(self, name: str) -> tuple[Endpoint, bool]:
        raise self._always_runs(name)

    def update(self, name: str, changes: EndpointUpdate) -> tuple[Endpoint, bool]:
        service = webservices.existing(self._session, name)
        known = webservices.endpoint(service)
        wanted = msgspec.structs.replace(
            known,
            **{key: value for key, value in msgspec.structs.asdict(changes).items() if value is not None},
        )
        if wanted == known:
            return known, False
        if wanted.auth == "token" and known.target == "aci":
            raise UsageError("Azure has no token auth on aci", hint="use --auth key, or deploy on aks")
        if wanted.collect_data and known.target == "aci":
            raise UsageError("Azure collects no data of a service on aci", hint="deploy it on aks")
        if wanted.workers > 1 and known.target == "aci":
            raise UsageError("a service on aci is one container", hint="deploy it on aks")
        ours = {key: value for key, value in service.tags.items() if key not in known.tags}
        more = configuring.changeable(known.target, wanted)
        service.update(tags={**wanted.tags, **ours}, **more)
        service.wait_for_deployment(show_output=False)
        return self.get(name), True

    def delete(self, name: str) -> None:
        """Ask Azure to remove the service, and wait until it is gone."""
        webservices.existing(self._session, name).delete()
        deadline = time.monotonic() + DELETE_SECONDS
        while webservices.find(self._session, name) is not None:
            if time.monotonic() > deadline:
                raise TimeoutExceededError(f"Azure has not removed {name} yet", hint="mlops endpoints list")
            time.sleep(POLL_SECONDS)

    def logs(self, name: str, query: LogQuery, *, follow: bool = False) -> Iterator[LogLine]:
        keep = journal.matcher(query)
        service = webservices.existing(self._session, name)
        start = webservices.endpoint(service).created_at
        shown = str(service.get_logs() or "").splitlines()
        past = filter(keep, serverlog.lines("\n".join(shown), start))
        yield from deque(past, maxlen=query.lines) if query.lines else past
        while follow:
            time.sleep(POLL_SECONDS)
            now = str(service.get_logs() or "").splitlines()
            yield from filter(keep, serverlog.lines("\n".join(serverlog.new_lines(shown, now)), start))
            shown = now

    def requests(self, name: str, since: str | None = None) -> Iterator[RequestRecord]:
        found = self.get(name)
        if found.app_insights:
            yield from insights.recorded(self._session, name, since)

    def collected(self, name: str, since: str | None = None) -> Iterator[CollectedData]:  # noqa: ARG002
        webservices.existing(self._session, name)
        hint = "its blobs are named SUBSCRIPTION/GROUP/WORKSPACE/SERVICE/MODEL/VERSION/DESIGNATION/YEAR/MONTH/DAY"
        where = "container modeldata of the workspace's storage account"
        raise UsageError(f"Azure keeps what a service collects in the {where}", hint=hint)

    def _example(self, request: DeployRequest) -> Sequence[Row] | None:
        if request.model is None:
            return None
        name, _, version = request.model.partition(":")
        schema = AzureModels(self._session).get(name, int(version) if version else None).model_schema
        return schema.example if schema else None

    def _always_runs(self, name: str) -> UsageError:
        webservices.existing(self._session, name)
        hint = f"to end it: mlops endpoints delete {name}; to have it again: mlops deploy {name}"
        return UsageError("a web service on Azure runs until it is deleted", hint=hint)

"""Endpoints on this machine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from mlops_cli import paths
from mlops_cli.domain.deployment import DeployRequest, Exported, Phase, Plan
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
from mlops_cli.domain.runs import Model
from mlops_cli.engine.endpoints import (
    changing,
    collected,
    control,
    journal,
    keys,
    packaging,
    planning,
    recovery,
)
from mlops_cli.engine.endpoints.deployment import Deployment
from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError, UsageError


class LocalEndpoints:
    """EndpointBackend over the store and supervised processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def plan(self, request: DeployRequest) -> Plan:
        existing = next((e for e in self.list() if e.name == request.name), None)
        return planning.plan(existing, self._source(request))

    def deploy(self, request: DeployRequest, on_phase: Callable[[Phase], None]) -> tuple[Endpoint, bool]:
        source = self._source(request)
        return Deployment(self._store, source, self._sample(request, source.model), on_phase).run()

    def export(self, request: DeployRequest, out: Path, on_phase: Callable[[Phase], None]) -> Exported:
        from mlops_cli.engine.export.context import Export

        source = self._source(request)
        return Export(self._store, source, self._sample(request, source.model), on_phase).write(out)

    def list(self) -> list[Endpoint]:
        return [self._observed(endpoint) for endpoint in self._store.endpoints.all()]

    def get(self, name: str) -> Endpoint:
        return self._observed(self._store.endpoints.get(name))

    def keys(self, name: str) -> EndpointKeys:
        return keys.keys(self._existing(name))

    def regenerate(self, name: str, which: str) -> EndpointKeys:
        return keys.regenerate(self._existing(name), which)

    def token(self, name: str) -> tuple[str, str]:
        endpoint = self._store.endpoints.get(name)
        if endpoint.auth != "token":
            hint = f"see: mlops endpoints keys {name}" if endpoint.auth == "key" else "it needs no token"
            raise UsageError(f"endpoint {name} has auth {endpoint.auth}, not token", hint=hint)
        return keys.token(self._service(name), name)

    def start(self, name: str) -> tuple[Endpoint, bool]:
        return changing.start(self._store, name)

    def stop(self, name: str) -> tuple[Endpoint, bool]:
        return changing.stop(self._store, name)

    def update(self, name: str, changes: EndpointUpdate) -> tuple[Endpoint, bool]:
        return changing.update(self._store, name, changes)

    def delete(self, name: str) -> None:
        changing.delete(self._store, name)

    def logs(self, name: str, query: LogQuery, *, follow: bool = False) -> Iterator[LogLine]:
        read = journal.follow if follow else journal.select
        return read(self._existing(name), query)

    def requests(self, name: str, since: str | None = None) -> Iterator[RequestRecord]:
        return journal.requests(self._existing(name), journal.parse_time(since) if since else None)

    def collected(self, name: str, since: str | None = None) -> Iterator[CollectedData]:
        return collected.read(self._existing(name), journal.parse_time(since) if since else None)

    def _source(self, request: DeployRequest) -> packaging.Source:
        check_name(request.name)
        model = self._model(request.model) if request.model else None
        source = packaging.Source(request.name, request.settings, model, request.entry_script)
        packaging.check(source, allow_skew=request.allow_skew)
        return source

    def _model(self, wanted: str) -> Model:
        name, _, version = wanted.partition(":")
        return self._store.models.get(name, int(version) if version else None)

    def _sample(self, request: DeployRequest, model: Model | None) -> bytes | None:
        if request.sample:
            try:
                return request.sample.read_bytes()
            except OSError as error:
                raise NotFoundError(f"cannot read the sample {request.sample}: {error.strerror}") from error
        schema = model.model_schema if model else None
        return msgspec.json.encode({"data": schema.example[:1]}) if schema and schema.example else None

    def _observed(self, endpoint: Endpoint) -> Endpoint:
        service = self._service(endpoint.name)
        return control.observed(service, endpoint, busy=endpoint.revision == 0 and recovery.is_busy(service))

    def _existing(self, name: str) -> Path:
        return self._service(self._store.endpoints.get(name).name)

    def _service(self, name: str) -> Path:
        return paths.endpoint_dir(self._store.home, name)

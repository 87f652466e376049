"""Publishing: an upsert by the content of graph, code and parameters."""

import hashlib
import uuid

import msgspec
from msgspec import Struct

from mlops_cli.domain.pipelines import PipelineDefinition
from mlops_cli.domain.publishing import PipelineEndpoint, PublishedPipeline, PublishRequest, check_default
from mlops_cli.engine.clock import now
from mlops_cli.engine.pipelines.planning import Plan, resolve, snapshots
from mlops_cli.engine.store import Store


class Content(Struct):
    """What a version runs."""

    definition: PipelineDefinition
    code: dict[str, str]

    def hash(self) -> str:
        """SHA-256 over all but the folder it was published from, so that two clones agree."""
        what = (self.definition.name, self.definition.document, self.code)
        return hashlib.sha256(msgspec.json.encode(what, order="deterministic")).hexdigest()


def publish(
    store: Store, definition: PipelineDefinition, request: PublishRequest
) -> tuple[PublishedPipeline, bool]:
    """Publish the pipeline unless its content is that of the latest version. Whether anything changed."""
    settings = resolve(definition, definition.document.get("parameters", {}))
    return _publish(store, Content(definition, snapshots(store.home, definition, settings)), request)


def publish_run(store: Store, run_id: str, request: PublishRequest) -> tuple[PublishedPipeline, bool]:
    """The same with the graph and the code that a run was made of."""
    plan = msgspec.json.decode(store.pipeline_runs.plan(run_id), type=Plan)
    return _publish(store, Content(plan.definition, plan.code), request, from_run=run_id)


def _publish(
    store: Store, content: Content, request: PublishRequest, from_run: str | None = None
) -> tuple[PublishedPipeline, bool]:
    definition, digest = content.definition, content.hash()

    def make(version: int, latest: PublishedPipeline | None) -> tuple[PublishedPipeline, bytes] | None:
        if latest and latest.content_hash == digest:
            if request.set_default:
                check_default(latest)
            return None
        new = PublishedPipeline(
            uuid.uuid4().hex,
            definition.name,
            version,
            digest,
            now(),
            label=definition.document.get("version"),
            description=definition.document.get("description"),
            parameters=definition.document.get("parameters", {}),
            git_commit=request.git_commit,
            git_dirty=request.git_dirty,
            from_run=from_run,
        )
        return new, msgspec.json.encode(content)

    if request.dry_run:
        latest = next((one for one in store.published.all() if one.name == definition.name), None)
        new = make(latest.version + 1 if latest else 1, latest)
        version: PublishedPipeline = new[0] if new else latest  # type: ignore[assignment]
        return version, new is not None or _moves_default(store, version, request)
    added = store.published.add(definition.name, uuid.uuid4().hex, make, set_default=request.set_default)
    return added.version, added.is_new or added.moved_default


def _moves_default(store: Store, version: PublishedPipeline, request: PublishRequest) -> bool:
    return request.set_default and store.published.endpoint(version.name).default_version != version.version


def set_default(store: Store, name: str, version: int) -> bool:
    """Make the endpoint run that version; whether it ran another one. Raises NotFoundError, UsageError."""
    check_default(store.published.get(name, version))
    changed = store.published.endpoint(name).default_version != version

    def change(endpoint: PipelineEndpoint) -> None:
        endpoint.default_version = version

    store.published.change_endpoint(name, change)
    return changed


def set_enabled(store: Store, name: str, version: int | None, enabled: bool) -> bool:
    """Switch a version, or without one the endpoint itself, on or off; whether it was otherwise."""
    if version is None:
        before = store.published.endpoint(name).enabled

        def change(endpoint: PipelineEndpoint) -> None:
            endpoint.enabled = enabled

        store.published.change_endpoint(name, change)
        return before != enabled
    known = store.published.get(name, version)

    def switch(one: PublishedPipeline) -> None:
        one.enabled = enabled

    store.published.change(name, version, switch)
    return known.enabled != enabled


def content_of(store: Store, version: PublishedPipeline) -> Content:
    return msgspec.json.decode(store.published.definition(version.id), type=Content)

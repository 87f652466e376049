"""From a request of the REST endpoint to a run, in Azure's words."""

import codecs
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct, field

from mlops_cli.domain.pipeline_runs import PipelineRun, SubmitRequest
from mlops_cli.domain.pipelines import DataInput
from mlops_cli.domain.publishing import PublishedPipeline, check_enabled
from mlops_cli.engine.pipelines import publishing, start, waiting
from mlops_cli.engine.pipelines.planning import plan
from mlops_cli.engine.pipelines.waiting import Launch
from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError, UsageError


class Body(Struct, rename="pascal"):
    """What a client posts, in names of any case; null is nothing, and other keys are ignored, as in Azure.

    A data path is text or {"RelativePath": ...}.
    """

    experiment_name: str | None = None
    parameter_assignments: dict[str, Any] = field(default_factory=dict)
    data_path_assignments: dict[str, Any] = field(default_factory=dict)


NAMES = {name.lower(): name for name in Body.__struct_encode_fields__}


def read_body(content: bytes) -> Body:
    """Raises UsageError naming the key that is wrong."""
    try:
        given = msgspec.json.decode(content.removeprefix(codecs.BOM_UTF8) or b"{}", type=dict[str, Any])
        named = {NAMES.get(name.lower(), name): value for name, value in given.items() if value is not None}
        return msgspec.convert(named, Body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"the body is not what a trigger expects: {error}") from None


def by_version_id(store: Store, id_: str) -> PublishedPipeline:
    """The version with that id. Raises NotFoundError, DisabledError."""
    found = store.published.by_id(id_)
    if found is None:
        raise NotFoundError(f"there is no published pipeline {id_}")
    return _enabled(store, found)


def by_endpoint_id(store: Store, id_: str, version: str | None = None) -> PublishedPipeline:
    """The default version of the endpoint with that id, or the one that is asked for."""
    endpoint = next((one for one in store.published.endpoints() if one.id == id_), None)
    if endpoint is None:
        raise NotFoundError(f"there is no pipeline endpoint {id_}")
    if version is not None and not re.fullmatch("[0-9]{1,9}", version):
        raise UsageError(f"pipelineVersion expects a whole number, got {version[:40]!r}")
    wanted = int(version) if version else endpoint.default_version
    return _enabled(store, store.published.get(endpoint.name, wanted))


def by_name(store: Store, name: str, version: int | None = None) -> PublishedPipeline:
    endpoint = store.published.endpoint(name)
    return _enabled(store, store.published.get(name, version or endpoint.default_version))


def insist(work: Callable[[], PipelineRun]) -> PipelineRun:
    """Once more what did not find its version: another may have become the default, and the old one be forgotten."""
    with suppress(NotFoundError):
        return work()
    return work()


def trigger(
    store: Store, version: PublishedPipeline, request: SubmitRequest, launch: Launch = waiting.start
) -> PipelineRun:
    """Start a run of the version; its process is not waited for.

    Raises UsageError naming the parameter or data that does not fit.
    """
    content = publishing.content_of(store, version)
    request.version = version.version
    try:
        return start.submit(store, content.definition, request, content.code, launch=launch)
    except NotFoundError as error:
        raise UsageError(error.message, hint=error.hint) from None


def rehearse(store: Store, name: str, version: int | None, request: SubmitRequest) -> PublishedPipeline:
    """Everything of a trigger but the run. Raises what the trigger would raise."""
    found = by_name(store, name, version)
    content = publishing.content_of(store, found)
    plan(store, content.definition, request, content.code)
    return found


def request_of(body: Body) -> SubmitRequest:
    data = {name: _data(name, value) for name, value in body.data_path_assignments.items()}
    return SubmitRequest(body.experiment_name or None, body.parameter_assignments, data, source="trigger")


def _data(name: str, value: Any) -> DataInput:
    if isinstance(value, str):
        return DataInput(path=value)
    if isinstance(value, dict):
        found = {key.lower(): one for key, one in value.items()}
        for key, kind in (("relativepath", "path"), ("dataset", "dataset"), ("model", "model")):
            if isinstance(found.get(key), str):
                return DataInput(**{kind: found[key]})
    raise UsageError(f"data path '{name}' expects a path or an object with RelativePath")


def _enabled(store: Store, version: PublishedPipeline) -> PublishedPipeline:
    version.pipeline_enabled = store.published.endpoint(version.name).enabled
    check_enabled(version)
    return version

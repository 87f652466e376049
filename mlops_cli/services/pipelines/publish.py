"""What `pipeline publish`, `rollback` and `trigger` mean on any backend."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field, structs

from mlops_cli.backends.base import PipelineBackend
from mlops_cli.domain.parameters import assigned
from mlops_cli.domain.pipeline_runs import SubmitRequest
from mlops_cli.domain.pipelines import PipelineDefinition, experiment_of
from mlops_cli.domain.publishing import PublishedPipeline, PublishRequest, check_enabled
from mlops_cli.domain.references import as_text
from mlops_cli.errors import MlopsError, NotFoundError, SignInError, UsageError
from mlops_cli.services.pipelines import git

REQUEST_SECONDS = 60.0


class Published(Struct):
    """What publishing did: the version, whether anything changed, and versions that were forgotten."""

    version: PublishedPipeline
    changed: bool
    is_new: bool
    removed: list[int] = field(default_factory=list)


def publish(
    backend: PipelineBackend,
    source: PipelineDefinition | str,
    *,
    folder: Path,
    set_default: bool = False,
    keep: int | None = None,
    dry_run: bool = False,
) -> Published:
    """Publish a pipeline, or with a run's id what that ran; keep the newest `keep` versions, the default, and
    those that schedules run."""
    commit, dirty = git.state(folder, [] if isinstance(source, str) else git.code_folders(source))
    request = PublishRequest(set_default, commit, dirty, dry_run)
    before = {one.id for one in backend.published()}
    if isinstance(source, str):
        version, changed = backend.publish_run(source, request)
    else:
        version, changed = backend.publish(source, request)
    removed = [] if keep is None or dry_run else _forget(backend, version.name, keep)
    return Published(version, changed, changed and version.id not in before, removed)


def _forget(backend: PipelineBackend, name: str, keep: int) -> list[int]:
    old = [one.version for one in backend.published(name)[keep:] if not one.is_default]
    scheduled = {one.version for one in backend.schedules() if one.pipeline == name} if old else set()
    return [version for version in old if version not in scheduled and _removed(backend, name, version)]


def _removed(backend: PipelineBackend, name: str, version: int) -> bool:
    """False where another machine was faster: it is gone, or the default by now."""
    try:
        return backend.remove(name, version)
    except (NotFoundError, UsageError):
        return False


def rollback(backend: PipelineBackend, name: str, to: int | None) -> tuple[PublishedPipeline, bool]:
    """Make an earlier version the default: `to`, or the one before the default. Whether it was another."""
    versions = backend.published(name)
    default = next(one for one in versions if one.is_default)
    if to is None:
        earlier = [one for one in versions if one.version < default.version and one.enabled]
        if not earlier:
            message = f"there is no version of '{name}' before its default, v{default.version}"
            raise UsageError(message, hint=f"see: mlops pipeline list '{name}'")
        to = earlier[0].version
    changed = backend.set_default(name, to)
    return next(one for one in backend.published(name) if one.version == to), changed


def document(done: Published) -> dict[str, Any]:
    """What publishing did, as scripts read it."""
    shown = version_document(done.version)
    return shown | {"changed": done.changed, "removed": done.removed}


def version_document(version: PublishedPipeline) -> dict[str, Any]:
    names = ("id", "name", "version", "endpoint", "version_endpoint", "content_hash", "created_at", "is_default",
             "enabled", "pipeline_enabled", "label", "description", "parameters", "git_commit", "git_dirty",
             "from_run")  # fmt: skip
    return {name: getattr(version, name) for name in names}


def curl(version: PublishedPipeline) -> str:
    """A command that triggers the version as it is pasted: the endpoint may run another, with other parameters."""
    url = version.endpoint if version.is_default else version.version_endpoint
    body: dict[str, Any] = {"ExperimentName": experiment_of(version.name)}
    if version.parameters:
        body["ParameterAssignments"] = version.parameters
    text = json.dumps(body).replace("'", "'\\''")
    return (
        f"curl -X POST '{url}' \\\n"
        '  -H "Authorization: Bearer $(mlops pipeline token)" \\\n'
        f"  -H 'Content-Type: application/json' \\\n  -d '{text}'"
    )


def trigger(
    backend: PipelineBackend, name: str, version: int | None, request: SubmitRequest
) -> dict[str, Any]:
    """Start a run over HTTP, as any other client would. Returns what the endpoint answered.

    Raises NotFoundError and DisabledError, and UsageError or SignInError with the endpoint's own words.
    """
    token, _ = backend.token()  # which starts a server that does not run: it may have another address then
    versions = backend.published(name)
    wanted = next(one.version for one in versions if one.is_default) if version is None else version
    chosen = next((one for one in versions if one.version == wanted), None)
    if chosen is None:
        known = ", ".join(f"v{one.version}" for one in versions)
        raise NotFoundError(f"pipeline '{name}' has no v{version}; there is: {known}")
    check_enabled(chosen)
    request = _typed(chosen, request)
    url = chosen.endpoint if version is None else chosen.version_endpoint
    data = backend.data_body(chosen, request.data) if request.data else {}
    experiment = request.experiment or experiment_of(name)
    return post(url, token, structs.replace(request, experiment=experiment), data)


def _typed(version: PublishedPipeline, request: SubmitRequest) -> SubmitRequest:
    """With the parameters as a run from here writes them: 2 is 2.0 where the default has a fraction.

    Azure passes over parameters that a pipeline does not have. Of what others have published, we know none.
    """
    if not version.content_hash:
        return request
    values = assigned(version.parameters, request.parameters)
    return structs.replace(request, parameters={name: as_text(value) for name, value in values.items()})


def post(url: str, token: str, request: SubmitRequest, data: dict[str, Any]) -> dict[str, Any]:
    import requests

    body = {"ExperimentName": request.experiment, "ParameterAssignments": request.parameters, **data}
    sent = {key: value for key, value in body.items() if value}
    headers = {"Authorization": f"Bearer {token}"}
    try:
        response = requests.post(url, json=sent, headers=headers, timeout=REQUEST_SECONDS)
    except requests.RequestException as error:
        raise MlopsError(f"the endpoint {url} does not answer: {error}") from error
    if response.ok:
        answer: dict[str, Any] = response.json()
        return answer
    raise _refused(response.status_code, response.text)


def _refused(status: int, text: str) -> MlopsError:
    try:
        error = json.loads(text)["error"]
        message, hint = str(error["message"]), error.get("hint")
    except (ValueError, KeyError, TypeError):
        message, hint = f"the endpoint answered {status}: {text[:200]}", None
    kinds: Mapping[int, type[MlopsError]] = {
        400: UsageError,
        409: UsageError,
        401: SignInError,
        403: SignInError,
        404: NotFoundError,
    }
    return kinds.get(status, MlopsError)(message, hint=hint)

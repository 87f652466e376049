"""What `deploy` and `endpoints` mean on any backend: what is asked for, and how it is told."""

from pathlib import Path
from typing import Any

import msgspec

from mlops_cli.backends.base import Backend
from mlops_cli.config import LoadedProfile
from mlops_cli.domain.deployment import DeployRequest
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.errors import ConfigError, NotFoundError, UsageError


def endpoint_name(config: LoadedProfile, given: str | None) -> str:
    """The endpoint that is meant: the one given, the profile's, or that of its data. Raises ConfigError."""
    profile = config.profile
    name = given or profile.deploy.name or profile.data.name
    if name is None:
        raise ConfigError("nothing says which endpoint", hint="give NAME, or set deploy.name in the profile")
    return name


def request(
    config: LoadedProfile,
    backend: Backend,
    name: str | None,
    *,
    cwd: Path,
    model: str | None = None,
    entry_script: Path | None = None,
    sample: Path | None = None,
    allow_skew: bool = False,
    **given: Any,
) -> DeployRequest:
    """What is to be deployed; `given` are settings that take the place of the profile's, unless None.

    Without a model and without an entry script it is the newest version of the profile's model.
    """
    endpoint = endpoint_name(config, name)
    chosen = {key: value for key, value in given.items() if value is not None}
    settings = msgspec.structs.replace(config.profile.deploy, **chosen)
    script = cwd / entry_script if entry_script else None
    if script is None and model is None and settings.entry_script:
        script = config.file(settings.entry_script)
    wanted = model or settings.model
    if wanted is None and script is None:
        wanted = config.profile.model_name()
        if wanted is None:
            hint = "give --model NAME or --entry-script FILE, or set model.name in the profile"
            raise ConfigError("nothing says what to deploy", hint=hint)
        _check_serves_a_model(backend, endpoint, wanted)
    return DeployRequest(
        name=endpoint,
        settings=settings,
        model=_with_version(backend, wanted) if wanted else None,
        entry_script=script,
        sample=cwd / sample if sample else None,
        allow_skew=allow_skew,
    )


def _check_serves_a_model(backend: Backend, name: str, model: str) -> None:
    """UsageError where a model that nobody named here would take the place of somebody's script."""
    try:
        existing = backend.endpoints.get(name)
    except NotFoundError:
        return
    if existing.revision and existing.model_name is None:
        hint = f"keep it: --entry-script FILE, or mlops endpoints update {name}; replace it: --model {model}"
        raise UsageError(
            f"endpoint {name} serves a script, and the profile's model would replace it", hint=hint
        )


def document(endpoint: Endpoint, *, changed: bool = False) -> dict[str, Any]:
    """The endpoint as scripts read it."""
    model = endpoint.model_name and {"name": endpoint.model_name, "version": endpoint.model_version}
    return {
        "name": endpoint.name,
        "state": endpoint.state,
        "scoring_uri": endpoint.scoring_uri,
        "swagger_uri": endpoint.swagger_uri,
        "auth": endpoint.auth,
        "app_insights": endpoint.app_insights,
        "collect_data": endpoint.collect_data,
        "target": endpoint.target,
        "workers": endpoint.workers,
        "model": model,
        "engine": endpoint.engine,
        "engine_reason": endpoint.engine_reason,
        "revision": endpoint.revision,
        "created_at": endpoint.created_at,
        "updated_at": endpoint.updated_at,
        "tags": endpoint.tags,
        "error": endpoint.error,
        "changed": changed,
    }


def _with_version(backend: Backend, model: str) -> str:
    """NAME as NAME:VERSION of its newest version, so that what is deployed is known by number."""
    name, colon, _ = model.partition(":")
    return model if colon else f"{name}:{backend.models.get(name).version}"

"""Published pipelines: versions by content behind one endpoint."""

from typing import Any

from msgspec import Struct, field

from mlops_cli.errors import UsageError


class DisabledError(UsageError):
    """The pipeline or its version is switched off."""


class PublishRequest(Struct, omit_defaults=True):
    """What is told about a version when it is published. `set_default` makes it what the endpoint runs."""

    set_default: bool = False
    git_commit: str | None = None
    git_dirty: bool = False
    dry_run: bool = False


class PublishedPipeline(Struct, omit_defaults=True):
    """A version. `content_hash` covers its graph, its code and the defaults of its parameters.

    `endpoint` runs the default version of the pipeline, `version_endpoint` this one. Neither does unless both the
    version and the pipeline are `enabled`.
    """

    id: str
    name: str
    version: int
    content_hash: str
    created_at: str
    endpoint: str = ""
    version_endpoint: str = ""
    is_default: bool = False
    enabled: bool = True
    pipeline_enabled: bool = True
    label: str | None = None
    description: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    git_commit: str | None = None
    git_dirty: bool = False
    from_run: str | None = None


def check_enabled(version: PublishedPipeline) -> None:
    """Raises DisabledError."""
    if version.enabled and version.pipeline_enabled:
        return
    what, switch = f"pipeline '{version.name}'", version.name
    if version.pipeline_enabled:
        what, switch = f"v{version.version} of '{version.name}'", f"{version.name}:{version.version}"
    raise DisabledError(f"{what} is disabled", hint=f"mlops pipeline enable '{switch}'")


def check_default(version: PublishedPipeline) -> None:
    """Raises UsageError for a version that no endpoint could run."""
    if not version.enabled:
        hint = f"mlops pipeline enable '{version.name}:{version.version}'"
        raise UsageError(f"v{version.version} of pipeline '{version.name}' is disabled", hint=hint)


class PipelineEndpoint(Struct, omit_defaults=True):
    """What a name stands for: the version that is run unless another is asked for."""

    name: str
    id: str
    default_version: int
    enabled: bool = True


class ServerState(Struct):
    """The process that answers the endpoints; `address` is kept while it does not run."""

    running: bool
    address: str | None

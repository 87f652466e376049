"""Endpoints, and the one schema that log lines have on every backend."""

import re
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from mlops_cli.errors import UsageError
from mlops_cli.status import EndpointState

Auth = Literal["key", "token", "none"]
Target = Literal["aci", "aks", "docker", "kubernetes"]
"""Where a service runs; the last two are written out to run elsewhere."""
EXPORTED = ("docker", "kubernetes")
ANSWERS = ("result", "Results", "forecast")
"""The members under which services of AutoML's models answer."""
Engine = Literal["onnx", "reference"]
_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}[a-z0-9]")
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class DeploySettings(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The `deploy` section of a profile.

    `cluster` is the AKS cluster on Azure, needed where the workspace has several.
    `model` is NAME or NAME:VERSION; `entry_script` is a user's own scoring file with `init()` and `run()`.
    `workers` defaults to one for aci and docker, to two for aks and kubernetes, where it counts pods. `port` 0
    means any free one, kept from then on.
    """

    name: str | None = None
    target: Target = "aci"
    cluster: str | None = None
    model: str | None = None
    entry_script: str | None = None
    auth: Auth = "key"
    app_insights: bool = False
    collect_data: bool = False
    cpu_cores: Annotated[float, Meta(gt=0)] = 1
    memory_gb: Annotated[float, Meta(gt=0)] = 1
    workers: Annotated[int, Meta(ge=1, le=64)] | None = None
    port: Annotated[int, Meta(ge=0, le=65535)] = 0
    scoring_timeout_ms: Annotated[int, Meta(ge=1)] = 60_000
    tags: dict[str, str] = field(default_factory=dict)


class Endpoint(Struct, omit_defaults=True):
    """A deployed model. `content_hash` covers all that, once changed, makes it another deployment.

    `revision` counts the deployments; 0 means that the first one has not come to its end. `engine` is what runs
    the model of a service without a script of the user's: compiled, or as trained for the reason given.
    """

    name: str
    state: EndpointState
    scoring_uri: str
    swagger_uri: str
    auth: Auth
    app_insights: bool
    target: Target
    workers: int
    content_hash: str
    created_at: str
    updated_at: str
    model_name: str | None = None
    model_version: int | None = None
    port: int = 0
    revision: int = 0
    error: str | None = None
    engine: Engine | None = None
    engine_reason: str | None = None
    collect_data: bool = False
    tags: dict[str, str] = field(default_factory=dict)


class EndpointUpdate(Struct):
    """Settings that can be changed without deploying again; None leaves them as they are."""

    app_insights: bool | None = None
    collect_data: bool | None = None
    auth: Auth | None = None
    workers: int | None = None
    tags: dict[str, str] | None = None


class EndpointKeys(Struct):
    """The two keys of a service; either opens it, so that one can be replaced while the other is in use."""

    primary: str
    secondary: str


class LogLine(Struct, omit_defaults=True):
    """One line of a service's log. `time` is ISO 8601 in UTC with milliseconds.

    `source` is supervisor, service, user (what the entry script printed or logged) or request.
    """

    time: str
    level: Level
    source: str
    message: str
    request_id: str | None = None


class LogQuery(Struct):
    """Which lines are wanted: the last `lines` (0: all) that pass every filter. `grep` is a regular expression."""

    lines: int = 0
    since: str | None = None
    until: str | None = None
    level: Level | None = None
    grep: str | None = None
    request_id: str | None = None


class RequestRecord(Struct, omit_defaults=True):
    """One request that a service answered, recorded while `app_insights` is on.

    `time` is when the request was complete; `run_ms` is the part of `duration_ms` that the model took;
    `worker` is a process id.
    """

    time: str
    request_id: str
    method: str
    path: str
    status: int
    duration_ms: float
    bytes_in: int
    bytes_out: int
    worker: int
    client_request_id: str | None = None
    run_ms: float | None = None
    rows: int | None = None


class CollectedData(Struct):
    """What one request was scored with and how it was answered, kept while `collect_data` is on.

    `inputs` are the rows, each by column, and `outputs` their predictions in the same order; where the request or
    its answer has another form, both are what was sent.
    """

    time: str
    request_id: str
    inputs: Any
    outputs: Any


def check_name(name: str) -> None:
    """Raise UsageError unless `name` is one that Azure would accept too."""
    if not _NAME.fullmatch(name):
        rule = "3 to 32 lowercase letters, digits, dashes"
        raise UsageError(f"'{name}' cannot be the name of an endpoint ({rule})", hint=f"try: {_proper(name)}")


def _proper(name: str) -> str:
    cleaned = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-").lstrip("-0123456789") or "model"
    return cleaned[:32].rstrip("-").ljust(3, "x")

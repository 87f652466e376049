"""What a service directory holds: the contract between a worker and whoever starts it.

service.json    ServiceSpec; SWITCHES are read again when the file changes, the rest at start
secrets.json    Secrets, mode 0600; read again when it changes
service.log     LogLine per line, shared by all workers; service.log.1 holds what came before
requests.jsonl  RequestRecord per line, while `app_insights` is on; rotated likewise
collected.jsonl CollectedRecord per line, while `collect_data` is on; rotated likewise
metrics/        what each worker has counted (metrics.py)
"""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from mlops_cli.domain.endpoints import Auth
from mlops_cli.errors import StateError, WorkFailedError

SERVICE_FILE = "service.json"
SECRETS_FILE = "secrets.json"
LOG_FILE = "service.log"
REQUESTS_FILE = "requests.jsonl"
COLLECTED_FILE = "collected.jsonl"
METRICS_DIR = "metrics"
SWITCHES = ("app_insights", "collect_data")
"""Settings that a worker takes up while it runs."""

BACKLOG = 2_048
"""Clients that may wait on a socket until a worker accepts them."""
PROBE = "x-mlops-probe"
"""The header that marks requests of `deploy` itself."""
READY = b"ready\n"
EXIT_STARTUP_FAILED = 3
"""What Azure's server exits with when the entry script cannot be loaded or `init()` fails."""
EXIT_STUCK = 75
"""EX_TEMPFAIL: too many calls of `run()` never came back; a fresh worker is wanted."""

Bytes = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class Limits(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What one client may take. `receive_seconds` is for a request's head, and between pieces of its body."""

    head_bytes: Bytes = 65_536
    headers: Bytes = 100
    receive_seconds: Seconds = 20
    send_seconds: Seconds = 60
    idle_seconds: Seconds = 75
    connections: Bytes = 4_096
    queue: Bytes = 1_024
    log_bytes: Bytes = 10_000_000
    collected_bytes: Bytes = 100_000_000


class ServiceSpec(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One service. Paths are absolute or relative to the service directory.

    `payload` says what `run()` of the entry script is given. "rows", for scripts that mlops generates: a list
    of one dict per row, checked against the schema first; and `method`, "predict" or "predict_proba", when it
    declares a parameter of that name. "raw", for a user's own script, what Azure gives: the body as text when
    `run()` has one parameter, whatever its Content-Type; the members of the JSON object by name when it has more,
    or is decorated with inference-schema; and, if declared, `request_headers`, a dict.

    Bodies of at most `inline_bytes` are scored on the event loop itself, which is the faster way for a model
    that answers in well under a millisecond; these calls block all others and `scoring_timeout_ms` does not
    bind them. `threads` bounds the thread pools of numpy, LightGBM and the like; `headers` go out with every
    response.

    `fast` is the folder of the compiled model (engine.serving.fast), which then answers in place of the script.
    """

    name: str
    entry_script: str
    model_dir: str | None = None
    description: str | None = None
    version: str = "1.0"
    schema_file: str | None = None
    fast: str | None = None
    payload: Literal["rows", "raw"] = "raw"
    auth: Auth = "key"
    app_insights: bool = False
    collect_data: bool = False
    scoring_timeout_ms: Annotated[int, Meta(ge=1)] = 60_000
    max_body_bytes: Bytes = 10_485_760
    inline_bytes: Annotated[int, Meta(ge=0)] = 0
    threads: Annotated[int, Meta(ge=1)] = 1
    cors_origins: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


class Secrets(Struct, omit_defaults=True):
    """Either key opens a service with key auth; `token_secret` signs the tokens of one with token auth."""

    primary: str
    secondary: str
    token_secret: str

    def __repr__(self) -> str:
        return "Secrets(...)"


class Frame(Struct):
    """One frame of the user's own code; `source` is the line of code."""

    file: str
    line: int
    function: str
    source: str


class StartupFailure(Struct, omit_defaults=True):
    """Why a worker did not start: one JSON line, the last on its stderr and the only one on --ready-fd.

    `code` is one of ServiceFiles, MissingModule, EntryScript, InitFailed.
    """

    code: str
    message: str
    hint: str | None = None
    frames: list[Frame] = field(default_factory=list)
    missing_module: str | None = None


class EntryFailedError(WorkFailedError):
    """The entry script could not be loaded, lacks a function, or its `init()` failed."""

    def __init__(self, failure: StartupFailure) -> None:
        super().__init__(failure.message, hint=failure.hint)
        self.failure = failure


T = TypeVar("T")


def read_spec(service_dir: Path) -> ServiceSpec:
    return read_as(service_dir / SERVICE_FILE, ServiceSpec)


def read_secrets(service_dir: Path) -> Secrets:
    return read_as(service_dir / SECRETS_FILE, Secrets)


def read_readiness(line: bytes) -> StartupFailure | None:
    """What a worker wrote to --ready-fd: None when it is ready. An empty line means that it died unheard."""
    if line == READY:
        return None
    try:
        return msgspec.json.decode(line, type=StartupFailure)
    except msgspec.DecodeError:
        return StartupFailure("WorkerDied", "the worker process ended before it was ready")


def read_as(path: Path, kind: type[T]) -> T:
    """The JSON file `path` as `kind`; StateError says what is wrong with it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise StateError(f"cannot read {path}: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise StateError(f"{path} is not what a service needs: {error}") from error

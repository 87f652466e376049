"""What a backend can do, as small protocols. A backend has those it supports and says so by having them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from mlops_cli.config import LoadedProfile
from mlops_cli.domain.auth import AccessToken, AuthStatus
from mlops_cli.domain.data import Dataset, Registration, Row
from mlops_cli.domain.deployment import DeployRequest, Exported, Phase, Plan
from mlops_cli.domain.diagnosis import Diagnosis
from mlops_cli.domain.endpoints import (
    CollectedData,
    Endpoint,
    EndpointKeys,
    EndpointUpdate,
    LogLine,
    LogQuery,
    RequestRecord,
)
from mlops_cli.domain.explanation import Explanation
from mlops_cli.domain.pipeline_runs import PipelineRun, Pruned, StepRun, SubmitRequest
from mlops_cli.domain.pipelines import DataInput, PipelineDefinition
from mlops_cli.domain.publishing import PublishedPipeline, PublishRequest, ServerState
from mlops_cli.domain.runs import Model, Run
from mlops_cli.domain.schedules import Fire, Schedule
from mlops_cli.domain.training import TrainRequest


class Context(NamedTuple):
    """What a backend is made from. `say` shows one line of talk; `interactive` allows to ask a person."""

    config: LoadedProfile
    environ: Mapping[str, str]
    say: Callable[[str], None]
    interactive: bool = False


class AuthBackend(Protocol):
    """Had by backends that need a sign-in."""

    def login(self, method: str | None, *, device_code: bool = False) -> AuthStatus: ...

    def status(self) -> AuthStatus:
        """Who is signed in. Raises SignInError with every way that was tried."""
        ...

    def token(self, resource: str) -> AccessToken:
        """A token for `arm`, `ml` or the address of a resource."""
        ...

    def logout(self) -> bool:
        """Forget the person who signed in here; whether there was one."""
        ...


class DataBackend(Protocol):
    def register(self, wanted: Registration) -> tuple[Dataset, bool]:
        """Register the file; returns its version and whether that version is new."""
        ...

    def preview(self, wanted: Registration) -> tuple[Dataset, bool]:
        """What `register` would return, with nothing stored."""
        ...

    def list(self) -> list[Dataset]: ...

    def get(self, name: str, version: int | None = None) -> Dataset: ...


class RunBackend(Protocol):
    def start(self, request: TrainRequest) -> tuple[Run, bool]:
        """Start an AutoML run, or take up the unfinished one with the same key.

        Returns the run and whether it is a new one.
        """
        ...

    def get(self, run_id: str) -> Run: ...

    def children(self, run_id: str) -> list[Run]:
        """Child runs in the order in which they ended."""
        ...

    def list(self, *, experiment: str | None = None) -> list[Run]: ...

    def logs(self, run_id: str) -> Iterator[str]: ...

    def cancel(self, run_id: str) -> Run: ...


class ModelBackend(Protocol):
    def register(self, run_id: str, name: str, tags: dict[str, str] | None = None) -> tuple[Model, bool]:
        """Register the best model of a run; returns the version and whether it is new."""
        ...

    def register_folder(self, folder: Path, name: str, tags: dict[str, str]) -> tuple[Model, bool]:
        """Register any folder or file as a model."""
        ...

    def list(self, name: str | None = None) -> list[Model]: ...

    def get(self, name: str, version: int | None = None) -> Model: ...

    def download(self, name: str, version: int | None, target: Path) -> Path: ...


class DiagnosisBackend(Protocol):
    """What the `runs` of a backend may be able to do besides."""

    def diagnose(self, run_id: str) -> Diagnosis:
        """How the run's best model does. Raises UsageError while there is none."""
        ...


class ExplainBackend(Protocol):
    """What the `models` of a backend may be able to do besides."""

    def explain(self, name: str, version: int | None, rows: list[Row]) -> Explanation:
        """What the model's answers rest on, over all and for `rows`."""
        ...


class ExportBackend(Protocol):
    """What the `endpoints` of a backend may be able to do besides."""

    def export(self, request: DeployRequest, out: Path, on_phase: Callable[[Phase], None]) -> Exported:
        """Write the deployment into the folder `out`, to run elsewhere; no endpoint comes of it."""
        ...


class EndpointBackend(Protocol):
    def plan(self, request: DeployRequest) -> Plan:
        """What `deploy` would do now, without doing it."""
        ...

    def deploy(self, request: DeployRequest, on_phase: Callable[[Phase], None]) -> tuple[Endpoint, bool]:
        """Create or update an endpoint; returns it and whether anything changed.

        Raises WorkFailedError with the user's own frame and the last log lines, and leaves an endpoint that
        existed before as it was.
        """
        ...

    def list(self) -> list[Endpoint]: ...

    def get(self, name: str) -> Endpoint: ...

    def keys(self, name: str) -> EndpointKeys: ...

    def regenerate(self, name: str, which: str) -> EndpointKeys: ...

    def token(self, name: str) -> tuple[str, str]:
        """A token of a service with token auth and when it expires (ISO 8601)."""
        ...

    def start(self, name: str) -> tuple[Endpoint, bool]:
        """Bring a stopped endpoint up again at the same address; whether there was anything to do."""
        ...

    def stop(self, name: str) -> tuple[Endpoint, bool]: ...

    def update(self, name: str, changes: EndpointUpdate) -> tuple[Endpoint, bool]:
        """Change settings without deploying again and without losing a request."""
        ...

    def delete(self, name: str) -> None: ...

    def logs(self, name: str, query: LogQuery, *, follow: bool = False) -> Iterator[LogLine]:
        """Lines that pass the query, oldest first; with `follow`, new ones as they come."""
        ...

    def requests(self, name: str, since: str | None = None) -> Iterator[RequestRecord]:
        """What was recorded while `app_insights` was on, oldest first, from `since` (ISO 8601) on."""
        ...

    def collected(self, name: str, since: str | None = None) -> Iterator[CollectedData]:
        """What was kept while `collect_data` was on, as far as it is still there, oldest first."""
        ...


class PipelineBackend(Protocol):
    def check(self, definition: PipelineDefinition, request: SubmitRequest) -> None:
        """Raises what `submit` would raise before it starts anything."""
        ...

    def submit(self, definition: PipelineDefinition, request: SubmitRequest) -> PipelineRun:
        """Start a run. Raises UsageError naming the parameter or the data that does not fit."""
        ...

    def resume(self, run_id: str) -> PipelineRun:
        """Take up a run that failed, was canceled or lost its process; what is complete stays complete."""
        ...

    def cancel(self, run_id: str) -> PipelineRun: ...

    def get(self, run_id: str) -> PipelineRun: ...

    def steps(self, run_id: str) -> list[StepRun]:
        """The steps in the order in which they can be done."""
        ...

    def logs(self, run_id: str, step: str | None = None) -> Iterator[str]:
        """What a step printed; without a step, what was done in which order."""
        ...

    def download(self, run_id: str, step: str, output: str, target: Path) -> Path: ...

    def prune(
        self, keep: int | None, older_than: timedelta | None, pipeline: str | None, *, dry_run: bool
    ) -> list[Pruned]:
        """Forget old runs that have ended and that no run which stays refers to.

        Raises UsageError while a run goes on, and where runs are not ours to forget.
        """
        ...

    def publish(
        self, definition: PipelineDefinition, request: PublishRequest
    ) -> tuple[PublishedPipeline, bool]:
        """Publish the pipeline unless its content is that of the latest version; whether anything changed.

        Of two that publish the same at once, one makes the version and the other finds it.
        """
        ...

    def publish_run(self, run_id: str, request: PublishRequest) -> tuple[PublishedPipeline, bool]:
        """The same with the graph and the code of a run."""
        ...

    def published(self, name: str | None = None) -> list[PublishedPipeline]:
        """Versions, newest first within a name. Raises NotFoundError for a name without any."""
        ...

    def set_default(self, name: str, version: int) -> bool:
        """Make the endpoint run that version; whether it ran another one."""
        ...

    def set_enabled(self, name: str, version: int | None, enabled: bool) -> bool:
        """Switch a version, or without one the endpoint, on or off; whether it was otherwise."""
        ...

    def remove(self, name: str, version: int) -> bool:
        """Forget a version that is not the default, or switch it off for good. Whether it was in use."""
        ...

    def token(self) -> tuple[str, str]:
        """A bearer token of the REST endpoints, and when it expires (ISO 8601)."""
        ...

    def data_body(self, version: PublishedPipeline, data: dict[str, DataInput]) -> dict[str, Any]:
        """What the body of a trigger says of data that the run is to use instead of the published ones."""
        ...

    def add_schedule(self, schedule: Schedule) -> Schedule:
        """Raises UsageError for what is wrong with it or its parameters; it fires after now."""
        ...

    def schedules(self) -> list[Schedule]: ...

    def schedule(self, name: str) -> Schedule: ...

    def fires(self, name: str) -> list[Fire]:
        """The last fires, newest first."""
        ...

    def set_schedule_enabled(self, name: str, enabled: bool) -> Schedule: ...

    def delete_schedule(self, name: str) -> None: ...

    def upcoming(self, schedule: Schedule, after: datetime, count: int) -> list[datetime]:
        """The next fire times behind `after` (UTC); none for a change of data."""
        ...

    def rehearse(self, schedule: Schedule) -> PublishedPipeline:
        """The version that a fire would run. Raises what would keep it from that."""
        ...

    def server(self, action: Literal["start", "stop", "status"]) -> ServerState:
        """The process that answers the endpoints. Raises UsageError where that is not the user's to manage."""
        ...

    def list(self, *, pipeline: str | None = None) -> list[PipelineRun]:
        """Runs, newest first."""
        ...


class Backend(Protocol):
    """The parts of a backend; read-only, so that each may be made on first use."""

    @property
    def name(self) -> str: ...

    @property
    def data(self) -> DataBackend: ...

    @property
    def runs(self) -> RunBackend: ...

    @property
    def models(self) -> ModelBackend: ...

    @property
    def endpoints(self) -> EndpointBackend: ...

    @property
    def pipelines(self) -> PipelineBackend: ...

"""Pipelines of the workspace.

build       from a definition to the SDK's pipeline; a file for each type of step, for arguments and data
choices     what a run of a published pipeline may choose
runs        runs as ours; `steps`
versions    published pipelines behind an endpoint; `publishing` adds and changes them
schedules   what runs them by itself
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from mlops_cli.backends.azureml.pipelines import schedules
from mlops_cli.backends.azureml.pipelines.build import Builder
from mlops_cli.backends.azureml.pipelines.publishing import Publishing, moment
from mlops_cli.backends.azureml.pipelines.runs import KIND, AzurePipelineRuns, tags_of
from mlops_cli.backends.azureml.pipelines.versions import Told, Versions, chosen
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own, with_own
from mlops_cli.domain.parameters import assigned
from mlops_cli.domain.pipeline_runs import PipelineRun, Pruned, StepRun, SubmitRequest
from mlops_cli.domain.pipelines import DataInput, PipelineDefinition, experiment_of
from mlops_cli.domain.publishing import PipelineEndpoint, PublishedPipeline, PublishRequest, ServerState
from mlops_cli.domain.schedules import Fire, Schedule
from mlops_cli.errors import UsageError
from mlops_cli.status import RunStatus


class AzurePipelines:
    """PipelineBackend over `azureml.pipeline`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._versions = Versions(session)
        self._publishing = Publishing(session)
        self._schedules = schedules.Schedules(session)

    @cached_property
    def _runs(self) -> AzurePipelineRuns:
        return AzurePipelineRuns(self._session)

    def check(self, definition: PipelineDefinition, request: SubmitRequest) -> None:
        self._builder(definition, request).content()

    def submit(self, definition: PipelineDefinition, request: SubmitRequest) -> PipelineRun:
        from azureml.core import Experiment

        builder = self._builder(definition, request)
        name = request.experiment or experiment_of(definition.name)
        experiment = Experiment(self._session.workspace, name)
        with builder.build() as built:
            run = experiment.submit(
                built.pipeline, tags=tags_of(built), pipeline_parameters=built.chosen or None
            )
        return self._runs.described(run)

    def _builder(self, definition: PipelineDefinition, request: SubmitRequest) -> Builder:
        defaults = definition.document.get("parameters", {})
        parameters = defaults | assigned(defaults, request.parameters)
        self._check_data(definition, request)
        return Builder(self._session, definition, parameters, request.data)

    def _check_data(self, definition: PipelineDefinition, request: SubmitRequest) -> None:
        known = definition.document.get("data", {})
        for name in request.data:
            if name not in known:
                have = ", ".join(known) or "it has none"
                raise UsageError(f"the pipeline has no data '{name}'; there is: {have}")

    def resume(self, run_id: str) -> PipelineRun:
        """Azure never takes up a run again: an equal one is started, which reuses what is complete."""
        run = self._runs.find(run_id)
        before = self._runs.described(run)
        if before.status == RunStatus.COMPLETED:
            raise UsageError(f"run {run_id} is complete; there is nothing to resume")
        if not before.status.is_final:
            return before
        started = self._runs.again(run)
        self._session.say(f"Azure does not take up run {run_id}: a new run reuses its complete steps")
        return self._runs.described(started)

    def cancel(self, run_id: str) -> PipelineRun:
        run = self._runs.find(run_id)
        if not self._runs.described(run).status.is_final:
            run.cancel()
        return self.get(run_id)

    def get(self, run_id: str) -> PipelineRun:
        return self._runs.described(self._runs.find(run_id))

    def steps(self, run_id: str) -> list[StepRun]:
        return self._runs.steps(self._runs.find(run_id))

    def logs(self, run_id: str, step: str | None = None) -> Iterator[str]:
        yield from self._runs.logs(self._runs.find(run_id), step)

    def download(self, run_id: str, step: str, output: str, target: Path) -> Path:
        return self._runs.download(self._runs.find(run_id), step, output, target)

    def prune(self, *_: object, **__: object) -> list[Pruned]:
        raise UsageError("Azure keeps its runs; the workspace's storage rules decide on their files")

    def publish(
        self, definition: PipelineDefinition, request: PublishRequest
    ) -> tuple[PublishedPipeline, bool]:
        document = definition.document
        builder = Builder(self._session, definition, document.get("parameters", {}), {})
        told = Told(
            builder.content(),
            definition.name,
            moment(),
            builder.facts(),
            builder.choices.parameters(),
            document.get("version"),
            document.get("description"),
            request.git_commit,
            request.git_dirty,
        )

        def send(told: Told) -> Any:
            for name in builder.choices.fixed():
                self._session.say(f"parameter {name} keeps its default: Azure takes none where it stands")
            with builder.build() as built:
                told = replace(told, data=built.data, open_data=built.open_data)
                return built.pipeline.publish(told.name, told.text(), told.label)

        return self._publishing.upsert(told, request, send)

    def publish_run(self, run_id: str, request: PublishRequest) -> tuple[PublishedPipeline, bool]:
        run = self._runs.find(run_id)
        tags = own(run.tags)
        if "content" not in tags:
            hint = "publish the pipeline itself: mlops pipeline publish FILE"
            raise UsageError(f"run {run_id} was not started by mlops pipeline run", hint=hint)
        told = Told(
            tags["content"],
            tags["pipeline"],
            moment(),
            msgspec.json.decode(tags["steps"]),
            msgspec.json.decode(tags.get("defaults") or tags["parameters"]),
            git_commit=request.git_commit,
            git_dirty=request.git_dirty,
            from_run=run_id,
            data=msgspec.json.decode(tags.get("data") or b"{}"),
            open_data=msgspec.json.decode(tags.get("open_data") or b"{}"),
        )
        send = lambda told: run.publish_pipeline(told.name, told.text(), told.label)  # noqa: E731
        return self._publishing.upsert(told, request, send)

    def published(self, name: str | None = None) -> list[PublishedPipeline]:
        chosen = self._versions.endpoints() if name is None else [self._versions.endpoint(name)]
        ordered = sorted(chosen, key=lambda endpoint: endpoint.name)
        return [version for endpoint in ordered for version in self._versions.all(endpoint)]

    def endpoint(self, name: str) -> PipelineEndpoint:
        found = self._versions.endpoint(name)
        return PipelineEndpoint(
            found.name, found.id, int(found.default_version) + 1, found.status == "Active"
        )

    def set_default(self, name: str, version: int) -> bool:
        return self._publishing.set_default(name, version)

    def set_enabled(self, name: str, version: int | None, enabled: bool) -> bool:
        return self._publishing.set_enabled(name, version, enabled)

    def remove(self, name: str, version: int) -> bool:
        return self._publishing.remove(name, version)

    def token(self) -> tuple[str, str]:
        token = self._session.signed_in.credential.get_token("https://management.azure.com/.default")
        expires = datetime.fromtimestamp(token.expires_on).astimezone()
        return token.token, expires.isoformat(timespec="seconds")

    def server(self, _: Literal["start", "stop", "status"]) -> ServerState:
        raise UsageError("Azure answers the endpoints of published pipelines itself")

    def data_body(self, version: PublishedPipeline, data: dict[str, DataInput]) -> dict[str, Any]:
        """Uploads what is local. Raises UsageError for data that are fixed."""
        found = chosen(self._session, version, data)
        ids = {name: dataset._ensure_saved(self._session.workspace) for name, (dataset, _) in found.items()}
        labels = msgspec.json.encode({name: label for name, (_, label) in found.items()}).decode()
        assigned = {name: {"SavedDataSetReference": {"Id": one}} for name, one in ids.items()}
        return {"DataSetDefinitionValueAssignments": assigned, "tags": with_own({}, data=labels)}

    def add_schedule(self, schedule: Schedule) -> Schedule:
        return self._schedules.add(schedule)

    def schedules(self) -> list[Schedule]:
        return self._schedules.all()

    def schedule(self, name: str) -> Schedule:
        return self._schedules.get(name)

    def fires(self, name: str) -> list[Fire]:
        return self._schedules.fires(name)

    def set_schedule_enabled(self, name: str, enabled: bool) -> Schedule:
        return self._schedules.set_enabled(name, enabled)

    def delete_schedule(self, name: str) -> None:
        self._schedules.delete(name)

    def upcoming(self, schedule: Schedule, after: datetime, count: int) -> list[datetime]:
        return schedules.upcoming(schedule, after, count)

    def rehearse(self, schedule: Schedule) -> PublishedPipeline:
        return self._schedules.rehearse(schedule)

    def list(self, *, pipeline: str | None = None) -> list[PipelineRun]:
        from azureml.core import Experiment

        runs = [run for one in Experiment.list(self._session.workspace) for run in one.get_runs(type=KIND)]
        found = [self._runs.described(run) for run in runs]
        chosen = [run for run in found if pipeline in (None, run.pipeline)]
        return sorted(chosen, key=lambda run: run.created_at, reverse=True)

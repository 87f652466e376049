"""Pipelines on this machine."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from mlops_cli.domain.pipeline_runs import PipelineRun, Pruned, StepRun, SubmitRequest
from mlops_cli.domain.pipelines import DataInput, PipelineDefinition
from mlops_cli.domain.publishing import PublishedPipeline, PublishRequest, ServerState
from mlops_cli.domain.schedules import Fire, Schedule
from mlops_cli.engine.pipelines import (
    layout,
    planning,
    pruning,
    publishing,
    rest,
    scheduler,
    serving,
    start,
    tokens,
    triggering,
)
from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError, UsageError
from mlops_cli.writing import errors_of


class LocalPipelines:
    """PipelineBackend over the store, detached runners and the pipeline server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def check(self, definition: PipelineDefinition, request: SubmitRequest) -> None:
        planning.plan(self._store, definition, request)

    def submit(self, definition: PipelineDefinition, request: SubmitRequest) -> PipelineRun:
        return start.submit(self._store, definition, request)

    def resume(self, run_id: str) -> PipelineRun:
        return start.resume(self._store, run_id)

    def cancel(self, run_id: str) -> PipelineRun:
        return start.cancel(self._store, run_id)

    def get(self, run_id: str) -> PipelineRun:
        return start.observed(self._store, self._store.pipeline_runs.get(run_id))

    def steps(self, run_id: str) -> list[StepRun]:
        return self._store.pipeline_runs.steps(run_id)

    def logs(self, run_id: str, step: str | None = None) -> Iterator[str]:
        self._store.pipeline_runs.get(run_id)
        path = self._log(run_id, step) if step else layout.runner_log(self._store.home, run_id)
        if path.exists():
            with path.open(encoding="utf-8", errors="replace") as file:
                yield from (line.rstrip("\n") for line in file)

    def download(self, run_id: str, step: str, output: str, target: Path) -> Path:
        outputs = self._step(run_id, step).outputs
        if output not in outputs:
            known = ", ".join(outputs) or "it has left nothing behind"
            raise NotFoundError(f"step '{step}' has no output '{output}'; there is: {known}")
        if target.exists():
            raise UsageError(f"{target} exists already", hint="name another place with --to")
        source = Path(outputs[output].path)
        if not source.exists():
            raise NotFoundError(f"output '{output}' of step '{step}' is gone: there is no {source}")
        with errors_of(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
        return target

    def prune(
        self, keep: int | None, older_than: timedelta | None, pipeline: str | None, *, dry_run: bool
    ) -> list[Pruned]:
        return pruning.prune(self._store, keep, older_than, pipeline, dry_run=dry_run)

    def publish(
        self, definition: PipelineDefinition, request: PublishRequest
    ) -> tuple[PublishedPipeline, bool]:
        version, changed = publishing.publish(self._store, definition, request)
        return self._addressed([version], start=not request.dry_run)[0], changed

    def publish_run(self, run_id: str, request: PublishRequest) -> tuple[PublishedPipeline, bool]:
        version, changed = publishing.publish_run(self._store, run_id, request)
        return self._addressed([version], start=not request.dry_run)[0], changed

    def published(self, name: str | None = None) -> list[PublishedPipeline]:
        return self._addressed(self._store.published.all(name), start=False)

    def set_default(self, name: str, version: int) -> bool:
        return publishing.set_default(self._store, name, version)

    def set_enabled(self, name: str, version: int | None, enabled: bool) -> bool:
        return publishing.set_enabled(self._store, name, version, enabled)

    def remove(self, name: str, version: int) -> bool:
        return self._store.published.remove(name, version)

    def token(self) -> tuple[str, str]:
        serving.ensure(self._store.home)
        token = tokens.issue(layout.server_dir(self._store.home), time.time())
        return token.value, datetime.fromtimestamp(int(token.expires), UTC).isoformat()

    def data_body(self, version: PublishedPipeline, data: dict[str, DataInput]) -> dict[str, Any]:
        triggering.rehearse(self._store, version.name, version.version, SubmitRequest(data=data))
        return {"DataPathAssignments": {name: _assignment(given) for name, given in data.items()}}

    def add_schedule(self, schedule: Schedule) -> Schedule:
        added = scheduler.add(self._store, schedule, datetime.now(UTC))
        serving.ensure(self._store.home)
        return added

    def schedules(self) -> list[Schedule]:
        return self._store.schedules.all()

    def schedule(self, name: str) -> Schedule:
        return self._store.schedules.get(name)

    def fires(self, name: str) -> list[Fire]:
        return self._store.schedules.fires(self.schedule(name).name)

    def set_schedule_enabled(self, name: str, enabled: bool) -> Schedule:
        changed = scheduler.set_enabled(self._store, name, enabled, datetime.now(UTC))
        if enabled:
            serving.ensure(self._store.home)
        return changed

    def delete_schedule(self, name: str) -> None:
        self._store.schedules.delete(name)

    def upcoming(self, schedule: Schedule, after: datetime, count: int) -> list[datetime]:
        return scheduler.upcoming(schedule, after, count)

    def rehearse(self, schedule: Schedule) -> PublishedPipeline:
        request = scheduler.request_of(schedule)
        return triggering.rehearse(self._store, schedule.pipeline, schedule.version, request)

    def server(self, action: Literal["start", "stop", "status"]) -> ServerState:
        home = self._store.home
        if action == "start":
            serving.ensure(home)
        if action == "stop":
            serving.stop(home)
        address = serving.known(home)
        place = f"http://127.0.0.1:{address.port}" if address else None
        return ServerState(serving.running(home) is not None, place)

    def _addressed(self, versions: list[PublishedPipeline], *, start: bool) -> list[PublishedPipeline]:
        """The versions with the addresses of their endpoints, which are known once the server has run."""
        address = serving.ensure(self._store.home) if start else serving.known(self._store.home)
        known = {endpoint.name: endpoint for endpoint in self._store.published.endpoints()}
        for version in versions:
            endpoint = known.get(version.name)
            version.is_default = bool(endpoint and endpoint.default_version == version.version)
            version.pipeline_enabled = endpoint is None or endpoint.enabled
            if address and endpoint:
                base = f"http://127.0.0.1:{address.port}"
                version.endpoint = f"{base}{rest.endpoint_path(endpoint.id)}"
                version.version_endpoint = f"{base}{rest.version_path(version.id)}"
        return versions

    def _log(self, run_id: str, name: str) -> Path:
        """Where the step has written; one that is reused may have had another name then."""
        step = self._step(run_id, name)
        if step.reused_from:
            others = self._store.pipeline_runs.steps(step.reused_from)
            name = next((one.name for one in others if one.key == step.key and not one.reused_from), name)
        return Path(layout.step_log(self._store.home, step.reused_from or run_id, name))

    def _step(self, run_id: str, name: str) -> StepRun:
        self._store.pipeline_runs.get(run_id)
        steps = self._store.pipeline_runs.steps(run_id)
        found = next((step for step in steps if step.name == name), None)
        if found is None:
            known = ", ".join(step.name for step in steps)
            raise NotFoundError(f"run {run_id} has no step '{name}'; there is: {known}")
        return found

    def list(self, *, pipeline: str | None = None) -> list[PipelineRun]:
        found = self._store.pipeline_runs.all(pipeline=pipeline)
        return [start.observed(self._store, run) for run in found]


def _assignment(data: DataInput) -> Any:
    if data.path:
        return data.path
    return {"dataset": data.dataset} if data.dataset else {"model": data.model}

"""Pipeline runs of the workspace as ours."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, move
from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli.backends.azureml import history, missing
from mlops_cli.backends.azureml.pipelines.build import StepFacts, port_name
from mlops_cli.backends.azureml.pipelines.versions import Versions
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own, with_own
from mlops_cli.domain.pipeline_runs import Output, PipelineRun, StepRun
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.pipeline.core import PipelineRun as AzurePipelineRun
    from azureml.pipeline.core import StepRun as AzureStepRun

    from mlops_cli.backends.azureml.pipelines.build import Built

KIND = "azureml.PipelineRun"
SOURCES = {"HTTP": "trigger", "Schedule": "schedule"}


def tags_of(built: Built) -> dict[str, str]:
    """What a run carries so that another machine can tell what it is."""
    steps = msgspec.json.encode(built.steps).decode()
    data = msgspec.json.encode(built.data).decode()
    return with_own({}, pipeline=built.name, content=built.content_hash, steps=steps, data=data)


class AzurePipelineRuns:
    """Finds runs and says how they stand."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, run_id: str) -> AzurePipelineRun:
        """Raises NotFoundError."""
        from azureml.core import Run

        found = self._session.find(lambda: Run.get(self._session.workspace, run_id))
        if found is None or found.type != KIND:
            raise missing.no_run(run_id)
        return found

    def described(self, run: AzurePipelineRun) -> PipelineRun:
        """The run; one of a published pipeline gets name and version from there."""
        details, tags = run.get_details(), own(run.tags)
        properties = details.get("properties") or {}
        seen = history.pipeline(run, details)
        version = Versions(self._session).of(properties.get("azureml.pipelineid"))
        name = tags.get("pipeline") or (version.name if version else run.experiment.name)
        return PipelineRun(
            run_id=run.id,
            pipeline=name,
            experiment=run.experiment.name,
            status=seen.status,
            created_at=seen.created_at,
            parameters=msgspec.json.decode(properties.get("azureml.parameters") or b"{}"),
            data=msgspec.json.decode(tags.get("data") or b"{}"),
            source=SOURCES.get(properties.get("runType", ""), "run"),  # type: ignore[arg-type]
            version=version.version if version else None,
            started_at=seen.started_at,
            ended_at=seen.ended_at,
            duration_seconds=seen.duration_seconds,
            error=seen.error,
        )

    def steps(self, run: AzurePipelineRun) -> list[StepRun]:
        """Known steps in order, those that have not begun too; then what else the run has."""
        tags = own(run.tags)
        version = Versions(self._session).of(run.properties.get("azureml.pipelineid"))
        told = tags.get("steps") or (msgspec.json.encode(version.steps) if version else "[]")
        known = msgspec.json.decode(told, type=list[StepFacts])
        begun = {step.name: step for step in run.get_steps()}
        others = [StepFacts(name, "script") for name in begun if name not in {one.name for one in known}]
        return [_step(run.id, facts, begun.get(facts.name)) for facts in (*known, *others)]

    def step(self, run: AzurePipelineRun, name: str) -> AzureStepRun:
        """Raises NotFoundError."""
        begun = {step.name: step for step in run.get_steps()}
        if name not in begun:
            known = ", ".join(begun) or "none has begun"
            raise NotFoundError(f"run {run.id} has no step '{name}' that has begun; there is: {known}")
        return begun[name]

    def logs(self, run: AzurePipelineRun, name: str | None) -> Iterator[str]:
        if name is None:
            for step in self.steps(run):
                seconds = "" if step.duration_seconds is None else f" ({step.duration_seconds:.1f} s)"
                reused = " reused" if step.reused_from else ""
                yield f"{step.started_at or '-'} {step.name}: {step.status}{reused}{seconds}"
            return
        with tempfile.TemporaryDirectory() as place:
            for file in sorted(self.step(run, name).get_all_logs(destination=place)):
                yield from Path(file).read_text(errors="replace").splitlines()

    def download(self, run: AzurePipelineRun, name: str, output: str, target: Path) -> Path:
        """Raises NotFoundError for an output that is not there, UsageError when the target is taken."""
        outputs = self.step(run, name).get_outputs()
        found = outputs.get(port_name(name, output))
        if found is None:
            known = ", ".join(_short(name, port) for port in outputs) or "it has left nothing behind"
            raise NotFoundError(f"step '{name}' has no output '{output}'; there is: {known}")
        if target.exists():
            raise UsageError(f"{target} exists already", hint="name another place with --to")
        with tempfile.TemporaryDirectory() as place:
            data = found.get_port_data_reference()
            data.download(place, show_progress=False)
            source = Path(place, data.path_on_datastore)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                copytree(source, target)
            else:
                move(source, target)
        return target


def _step(run_id: str, facts: StepFacts, begun: AzureStepRun | None) -> StepRun:
    if begun is None:
        return StepRun(run_id, facts.name, facts.type, history.state("NotStarted"), facts.waits_for)
    details = begun.get_details()
    seen = history.pipeline(begun, details)
    properties: dict[str, Any] = details.get("properties") or {}
    return StepRun(
        run_id=run_id,
        name=facts.name,
        type=facts.type,
        status=seen.status,
        waits_for=facts.waits_for,
        attempt=1,
        reused_from=properties.get("azureml.reusedpipelinerunid"),
        started_at=seen.started_at,
        ended_at=seen.ended_at,
        duration_seconds=seen.duration_seconds,
        error=seen.error,
        outputs=_outputs(facts.name, begun) if seen.status == "Completed" else {},
    )


def _outputs(step: str, begun: AzureStepRun) -> dict[str, Output]:
    """Where the outputs are. Azure does not tell the hash of their content."""
    found = {}
    for port, output in begun.get_outputs().items():
        data = output.get_port_data_reference()
        found[_short(step, port)] = Output(f"{data.datastore.name}/{data.path_on_datastore}", "")
    return found


def _short(step: str, port: str) -> str:
    return port.removeprefix(f"{port_name(step)}_")

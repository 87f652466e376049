"""Pipeline runs of the workspace as ours."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, move
from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli.backends.azureml import history, missing
from mlops_cli.backends.azureml.pipelines import steps
from mlops_cli.backends.azureml.pipelines.data import port_name
from mlops_cli.backends.azureml.pipelines.facts import StepFacts
from mlops_cli.backends.azureml.pipelines.versions import MARK, Version, Versions
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own, with_own
from mlops_cli.domain.parameters import assigned
from mlops_cli.domain.pipeline_runs import PipelineRun, StepRun
from mlops_cli.domain.runs import Run
from mlops_cli.errors import NotFoundError, UsageError
from mlops_cli.status import RunStatus
from mlops_cli.writing import errors_of

if TYPE_CHECKING:
    from azureml.pipeline.core import PipelineRun as AzurePipelineRun
    from azureml.pipeline.core import StepRun as AzureStepRun

    from mlops_cli.backends.azureml.pipelines.facts import Built

KIND = "azureml.PipelineRun"
SOURCES = {"HTTP": "trigger", "Schedule": "schedule"}


def tags_of(built: Built) -> dict[str, str]:
    """What a run carries so that another machine can tell what it is."""
    steps = msgspec.json.encode(built.steps).decode()
    told = (built.data, built.parameters, built.defaults, built.open_data)
    data, parameters, defaults, open_data = (msgspec.json.encode(one).decode() for one in told)
    return with_own({}, pipeline=built.name, content=built.content_hash, steps=steps, data=data,
                    parameters=parameters, defaults=defaults, open_data=open_data)  # fmt: skip


class AzurePipelineRuns:
    """Finds runs and says how they stand."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tracebacks: dict[str, list[str]] = {}

    def find(self, run_id: str) -> AzurePipelineRun:
        """Raises NotFoundError."""
        from azureml.core import Run

        found = self._session.find(lambda: Run.get(self._session.workspace, run_id))
        if found is None or found.type != KIND:
            raise missing.no_pipeline_run(run_id)
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
            parameters=_parameters(tags, version, properties),
            data=_data(tags, version),
            source=SOURCES.get(properties.get("runType", ""), "run"),  # type: ignore[arg-type]
            version=version.version if version else None,
            started_at=seen.started_at,
            ended_at=seen.ended_at,
            duration_seconds=seen.duration_seconds,
            error=self._error(run, seen),
        )

    def _error(self, run: AzurePipelineRun, seen: Run) -> str | None:
        """Azure says of a failed run that there are failed steps; it is they who know more.

        A step that took too long is Canceled there.
        """
        if seen.status != RunStatus.FAILED:
            return seen.error
        ended = (step for step in run.get_steps() if step.get_status() in ("Failed", "Canceled"))
        told = ((step.name, history.pipeline(step, step.get_details()).error) for step in ended)
        return next((f"step {name} failed: {error}" for name, error in told if error), seen.error)

    def again(self, run: AzurePipelineRun) -> AzurePipelineRun:
        """Start the graph of a run once more with its parameters, and let it carry the same tags."""
        published = run.publish_pipeline(run.experiment.name, f"{MARK}to resume {run.id}", None)
        given = msgspec.json.decode(run.properties.get("azureml.parameters") or b"{}")
        try:
            started = published.submit(self._session.workspace, run.experiment.name, given or None)
        finally:
            published.disable()
        started.set_tags(run.tags)
        return started

    def steps(self, run: AzurePipelineRun) -> list[StepRun]:
        """Known steps in order, those that have not begun too; then what else the run has."""
        found = []
        for facts, begun in self._all(run):
            step = steps.described(run.id, facts, begun)
            if step.status == RunStatus.FAILED and begun:
                step.details = self._traceback(begun)
            found.append(step)
        return found

    def _all(self, run: AzurePipelineRun) -> list[tuple[StepFacts, AzureStepRun | None]]:
        """Each step, and Azure's run of it once it has begun."""
        known = self._known(run)
        begun = {step.name: step for step in run.get_steps()}
        others = [StepFacts(name, "script") for name in begun if name not in {one.name for one in known}]
        return [(facts, begun.get(facts.name)) for facts in (*known, *others)]

    def _known(self, run: AzurePipelineRun) -> list[StepFacts]:
        if told := own(run.tags).get("steps"):
            return msgspec.json.decode(told, type=list[StepFacts])
        version = Versions(self._session).of(run.properties.get("azureml.pipelineid"))
        return version.told.steps if version else []

    def _traceback(self, step: AzureStepRun) -> list[str]:
        if step.id not in self._tracebacks:
            self._tracebacks[step.id] = steps.traceback(step)
        return self._tracebacks[step.id]

    def _step(self, run: AzurePipelineRun, name: str) -> tuple[StepFacts, AzureStepRun | None]:
        """Raises NotFoundError."""
        found = {facts.name: (facts, begun) for facts, begun in self._all(run)}
        if name not in found:
            raise NotFoundError(f"run {run.id} has no step '{name}'; there is: {', '.join(found)}")
        return found[name]

    def logs(self, run: AzurePipelineRun, name: str | None) -> Iterator[str]:
        if name is None:
            for step in self.steps(run):
                seconds = "" if step.duration_seconds is None else f" ({step.duration_seconds:.1f} s)"
                reused = " reused" if step.reused_from else ""
                yield f"{step.started_at or '-'} {step.name}: {step.status}{reused}{seconds}"
            return
        if begun := self._step(run, name)[1]:
            yield from steps.lines(begun)

    def download(self, run: AzurePipelineRun, name: str, output: str, target: Path) -> Path:
        """Raises NotFoundError for an output that is not there, UsageError when the target is taken."""
        facts, begun = self._step(run, name)
        outputs = begun.get_outputs() if begun else {}
        found = outputs.get(port_name(name, output))
        if found is None:
            known = ", ".join(steps.output_name(facts, port) for port in outputs)
            known = known or "it has left nothing behind"
            raise NotFoundError(f"step '{name}' has no output '{output}'; there is: {known}")
        if target.exists():
            raise UsageError(f"{target} exists already", hint="name another place with --to")
        with tempfile.TemporaryDirectory() as place:
            data = found.get_port_data_reference()
            data.download(place, show_progress=False)
            source = Path(place, data.path_on_datastore)
            with errors_of(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                if source.is_file():
                    move(source, target)
                else:
                    source.mkdir(parents=True, exist_ok=True)  # an empty folder has no blobs
                    copytree(source, target)
        return target


def _data(tags: dict[str, str], version: Version | None) -> dict[str, str]:
    """What people call the data: those of the published pipeline, and those that were chosen instead."""
    published = version.told.data if version else {}
    return published | msgspec.json.decode(tags.get("data") or b"{}", type=dict[str, str])


def _parameters(tags: dict[str, str], version: Version | None, properties: dict[str, str]) -> dict[str, Any]:
    """The values in force, as the types of the pipeline's own; Azure keeps texts."""
    known: dict[str, Any] = msgspec.json.decode(tags["parameters"]) if "parameters" in tags else {}
    known = known or (version.told.parameters if version else {})
    given = msgspec.json.decode(properties.get("azureml.parameters") or b"{}")
    try:
        return known | assigned(known, given)
    except UsageError:
        return known | given

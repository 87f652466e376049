"""Pipelines on this machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from mlops_cli.domain.pipeline_runs import PipelineRun, StepRun, SubmitRequest
from mlops_cli.domain.pipelines import PipelineDefinition
from mlops_cli.engine.pipelines import layout, start
from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError, UsageError


class LocalPipelines:
    """PipelineBackend over the store, detached runners and the pipeline server."""

    def __init__(self, store: Store) -> None:
        self._store = store

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

    def list(self, *, pipeline: str | None = None) -> list[PipelineRun]:
        found = self._store.pipeline_runs.all(pipeline=pipeline)
        return [start.observed(self._store, run) for run in found]

    def logs(self, run_id: str, step: str | None = None) -> Iterator[str]:
        self._store.pipeline_runs.get(run_id)
        path = layout.runner_log(self._store.home, run_id)
        if step:
            found = self._step(run_id, step)
            path = layout.step_log(self._store.home, found.reused_from or run_id, step)
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
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copyfile(source, target)
        return target

    def _step(self, run_id: str, name: str) -> StepRun:
        steps = self._store.pipeline_runs.steps(run_id)
        found = next((step for step in steps if step.name == name), None)
        if found is None:
            known = ", ".join(step.name for step in steps)
            raise NotFoundError(f"run {run_id} has no step '{name}'; there is: {known}")
        return found

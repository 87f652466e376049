"""Beginning and ending one step of a run."""

import functools
import shutil
import time
from datetime import datetime
from pathlib import Path

from mlops_cli.domain.pipeline_graph import source_of
from mlops_cli.domain.pipeline_runs import PipelineRun, StepRun
from mlops_cli.domain.pipelines import Step, outputs_of
from mlops_cli.engine.clock import now
from mlops_cli.engine.pipelines import attempt as attempts
from mlops_cli.engine.pipelines import content, layout, outputs, place
from mlops_cli.engine.pipelines.attempt import Attempt
from mlops_cli.engine.pipelines.compiled import compiled
from mlops_cli.engine.pipelines.keys import step_key
from mlops_cli.engine.pipelines.planning import Plan, Source
from mlops_cli.engine.pipelines.work import Result, Work, read_result
from mlops_cli.engine.store import Store
from mlops_cli.errors import MlopsError
from mlops_cli.status import RunStatus


class Stepping:
    """Knows the run's plan, and changes the records of steps; storing these is the runner's."""

    def __init__(self, store: Store, run: PipelineRun, plan: Plan) -> None:
        self._store = store
        self._run = run
        self._plan = plan
        self._settings = {step.name: step for step in plan.steps}
        self._works: dict[str, Work] = {}
        self._listing = functools.cache(lambda code: content.listing(layout.code_dir(store.home, code)))
        self._compiled = functools.cache(compiled)

    def begin(self, step: StepRun, others: dict[str, StepRun]) -> bool:
        """Mark the step as running, or as complete when the same work was done before. True: to be launched.

        Raises MlopsError when an input is gone.
        """
        settings = self._settings[step.name]
        inputs = {name: self._input(text, others) for name, text in settings.inputs.items()}
        hashes = {name: str(source.content_hash) for name, source in inputs.items()}
        step.key = step_key(settings, self._plan.code.get(step.name), hashes)
        if settings.allow_reuse and (done := outputs.reusable(self._store, step.key)):
            self._reuse(step, done)
            return False
        step.attempt += 1
        step.status, step.started_at, step.ended_at = RunStatus.RUNNING, now(), None
        step.error, step.details = None, []
        self._works[step.name] = self._work(settings, step.attempt, inputs)
        return True

    def foresee(self, step: StepRun, others: dict[str, StepRun]) -> Work | None:
        """The work of a step that will begin once those that run are complete; None for one that takes its time."""
        settings = self._settings[step.name]
        places = {name: self._place(text, others) for name, text in settings.inputs.items()}
        sources = {name: Source("path", place, place) for name, place in places.items()}
        work = self._work(settings, step.attempt + 1, sources)
        return work if work.is_light() else None

    def work(self, step: StepRun) -> Work:
        """What a step that has begun is to do."""
        return self._works[step.name]

    def task(self, work: Work) -> dict[str, object]:
        """What a spare is told of it."""
        task = work.task() | self._code(self._plan.code.get(work.step.name))
        if "script" in task:
            task["compiled"] = self._compiled(f"{task['code']}/{task['script']}")
        task["outputs"] = bool(work.outputs)
        task["log"] = layout.step_log(self._store.home, self._run.run_id, work.step.name)
        return task

    def attempt(self, step: StepRun, pid: int) -> Attempt:
        return Attempt(self._attempt(step), pid, self._deadline(step))

    def _code(self, code: str | None) -> dict[str, object]:
        """The snapshot that the attempt copies."""
        folders, files = self._listing(code) if code else ([], [])
        place = str(layout.code_dir(self._store.home, code)) if code else ""
        return {"code": place, "folders": folders, "files": files}

    def adopt(self, step: StepRun) -> Attempt | None:
        return attempts.adopt(self._attempt(step), self._deadline(step))

    def end(self, step: StepRun, attempt: Attempt) -> None:
        """Record how the attempt ended; its outputs are in place before it counts as complete."""
        result = attempt.result or Result(False, "its process is gone")
        try:
            if result.ok:
                settings = self._settings[step.name]
                step.outputs = outputs.commit(self._store.home, self._run.run_id, settings, attempt.name)
        except MlopsError as error:
            result = Result(False, error.message, [error.hint] if error.hint else [])
        self._close(step, result)
        if attempt.gave_up == "it was canceled":
            step.status = RunStatus.CANCELED
        elif not result.ok:
            self._fail(step, result, lost=attempt.pid is None and not result.details and _is_lost(attempt))

    def tidy(self, step: StepRun) -> None:
        """Remove what only the attempt itself needed, unless somebody will want to see why it failed.

        A small folder stays as long as the run does: what is removed slows down the making of what comes next (see
        `apart`).
        """
        work = Path(place.work_of(self._attempt(step)))
        if step.status == RunStatus.COMPLETED and not step.reused_from and not content.is_small(work):
            shutil.rmtree(work, ignore_errors=True)

    def _fail(self, step: StepRun, result: Result, *, lost: bool) -> None:
        """Failed, or to be tried again. A process that died together with its runner is not the step's fault."""
        step.failures += not lost
        again = lost or step.failures <= self._settings[step.name].retries
        step.status = RunStatus.NOT_STARTED if again else RunStatus.FAILED
        step.error, step.details = result.error, result.details

    def _close(self, step: StepRun, result: Result) -> None:
        step.status, step.ended_at, step.facts = RunStatus.COMPLETED, now(), result.facts
        began = datetime.fromisoformat(step.started_at or step.ended_at)
        step.duration_seconds = round((datetime.fromisoformat(step.ended_at) - began).total_seconds(), 3)

    def _reuse(self, step: StepRun, done: StepRun) -> None:
        step.status, step.outputs, step.facts = RunStatus.COMPLETED, done.outputs, done.facts
        step.reused_from = done.reused_from or done.run_id
        step.started_at = step.ended_at = now()
        step.duration_seconds = 0.0

    def _input(self, text: str, others: dict[str, StepRun]) -> Source:
        owner, name = source_of(text)
        if owner != "data":
            output = others[owner].outputs[name]
            return Source("path", output.path, text, output.content_hash)
        source = self._plan.data[name]
        if source.content_hash is None:
            path = Path(source.path)
            if not path.exists():
                raise MlopsError(f"data '{name}' is gone: there is no {path}")
            source.content_hash = content.content_hash(path)
        return source

    def _place(self, text: str, others: dict[str, StepRun]) -> str:
        """Where an input is, or will be when the step that makes it does not turn out to be reused."""
        owner, name = source_of(text)
        if owner == "data":
            return self._plan.data[name].path
        if others[owner].status == RunStatus.COMPLETED:
            return others[owner].outputs[name].path
        return str(layout.outputs_dir(self._store.home, self._run.run_id, owner) / name)

    def _work(self, settings: Step, number: int, inputs: dict[str, Source]) -> Work:
        home, run = self._store.home, self._run
        attempt = layout.attempt(home, run.run_id, settings.name, number)
        return Work(
            home=str(home),
            run_id=run.run_id,
            pipeline=run.pipeline,
            experiment=run.experiment,
            step=settings,
            attempt=attempt,
            inputs=inputs,
            outputs={name: f"{place.outputs_of(attempt)}/{name}" for name in outputs_of(settings)},
        )

    def _attempt(self, step: StepRun) -> str:
        return layout.attempt(self._store.home, self._run.run_id, step.name, step.attempt)

    def _deadline(self, step: StepRun) -> float | None:
        """When the attempt has taken too long, as time.monotonic() counts."""
        minutes = self._settings[step.name].timeout_minutes
        if minutes is None:
            return None
        began = datetime.fromisoformat(step.started_at or now()).timestamp()
        return time.monotonic() + minutes * 60 - (time.time() - began)


def _is_lost(attempt: Attempt) -> bool:
    return attempt.gave_up is None and read_result(attempt.name) is None

"""What `pipeline create` and `pipeline run` mean on any backend."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mlops_cli.backends.base import PipelineBackend
from mlops_cli.config import LoadedProfile, pipelines
from mlops_cli.config.pipelines import LoadedPipeline
from mlops_cli.domain.pipeline_graph import dependencies, in_order
from mlops_cli.domain.pipeline_runs import PipelineRun, StepRun, SubmitRequest
from mlops_cli.domain.pipelines import (
    DataInput,
    PipelineSettings,
    Step,
    code_of,
    outputs_of,
    script_file,
    type_of,
)
from mlops_cli.errors import TimeoutExceededError, UsageError, WorkFailedError
from mlops_cli.status import RunStatus

POLL_SECONDS = 0.1


def load(config: LoadedProfile, cwd: Path, environ: Mapping[str, str], file: Path | None) -> LoadedPipeline:
    """The pipeline of `file`, or of the profile. Raises ConfigError with everything that is wrong in it."""
    return pipelines.from_file(file, cwd, environ) if file else pipelines.from_profile(config)


def check_code(loaded: LoadedPipeline) -> None:
    """Raises NotFoundError for a step whose script is not there."""
    for step in loaded.settings.steps:
        script_file(loaded.definition, step)


def request(
    params: Mapping[str, str], data: Mapping[str, str], experiment: str | None = None
) -> SubmitRequest:
    """What the flags give: data is a path, or dataset:NAME or model:NAME."""
    chosen = {name: data_input(text) for name, text in data.items()}
    return SubmitRequest(experiment, dict(params), chosen)


def data_input(text: str) -> DataInput:
    kind, _, name = text.partition(":")
    if kind in ("dataset", "model") and name:
        return DataInput(**{kind: name})
    return DataInput(path=text)


def pairs(words: tuple[str, ...], flag: str) -> dict[str, str]:
    """`("a=1",)` as a mapping. Raises UsageError for a word without '='."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise UsageError(f"{flag} expects NAME=VALUE, got '{word}'")
        found[name] = value
    return found


def follow(
    backend: PipelineBackend,
    run_id: str,
    on_change: Callable[[PipelineRun, list[StepRun]], None],
    timeout: float | None = None,
) -> tuple[PipelineRun, list[StepRun]]:
    """Report the run and its steps each time something changed, until the run has ended.

    Raises TimeoutExceededError after `timeout` seconds, while the run goes on, and WorkFailedError when the
    process that works on the run is gone.
    """
    deadline = time.monotonic() + timeout if timeout is not None else None
    seen: Any = None
    while True:
        run = backend.get(run_id)
        steps = backend.steps(run_id)
        if (run.status, steps) != seen:
            seen = (run.status, steps)
            on_change(run, steps)
        if run.status.is_final:
            return run, steps
        _still_going(run, deadline)
        time.sleep(POLL_SECONDS)


def _still_going(run: PipelineRun, deadline: float | None) -> None:
    resume = f"mlops pipeline run --resume {run.run_id}"
    if run.status == RunStatus.NOT_RESPONDING:
        message = f"run {run.run_id} is not responding: its process ended before the run did"
        raise WorkFailedError(message, hint=f"mlops pipeline logs {run.run_id}; then: {resume}")
    if deadline is not None and time.monotonic() >= deadline:
        message = f"run {run.run_id} is still {run.status}; the time given with --timeout is over"
        raise TimeoutExceededError(message, hint=f"the run goes on; follow it: {resume}")


def check_outcome(run: PipelineRun, steps: list[StepRun]) -> None:
    """Raise WorkFailedError unless the run completed."""
    resume = f"mlops pipeline run --resume {run.run_id}"
    if run.status == RunStatus.FAILED:
        failed = next((step for step in steps if step.status == RunStatus.FAILED), None)
        logs = f"mlops pipeline logs {run.run_id} {failed.name}; " if failed else ""
        details = failed.details if failed else []
        hint = f"{logs}with the same code: {resume}"
        raise WorkFailedError(f"run {run.run_id} failed: {run.error}", hint=hint, details=details)
    if run.status == RunStatus.CANCELED:
        raise WorkFailedError(f"run {run.run_id} was canceled", hint=f"go on: {resume}")


def document(run: PipelineRun, steps: list[StepRun]) -> dict[str, Any]:
    """The run as scripts read it."""
    fields = ("run_id", "pipeline", "experiment", "status", "version", "source", "schedule", "created_at",
              "started_at", "ended_at", "duration_seconds", "parameters", "data", "error")  # fmt: skip
    shown = {name: msgspec.to_builtins(getattr(run, name)) for name in fields}
    return shown | {"steps": [step_document(step) for step in steps]}


def step_document(step: StepRun) -> dict[str, Any]:
    return {
        "name": step.name,
        "type": step.type,
        "status": step.status,
        "reused_from": step.reused_from,
        "attempt": step.attempt,
        "duration_seconds": step.duration_seconds,
        "error": step.error,
        "outputs": {name: output.path for name, output in step.outputs.items()},
        "facts": step.facts,
    }


def graph(settings: PipelineSettings) -> list[dict[str, Any]]:
    """The steps in order, each with its level: steps of one level can run at the same time."""
    waits = dependencies(settings.steps)
    levels: dict[str, int] = {}
    rows = []
    for step in in_order(settings.steps):
        levels[step.name] = 1 + max((levels[name] for name in waits[step.name]), default=0)
        rows.append(_row(step, levels[step.name]))
    return rows


def _row(step: Step, level: int) -> dict[str, Any]:
    return {
        "level": level,
        "name": step.name,
        "type": type_of(step),
        "code": code_of(step),
        "inputs": step.inputs,
        "outputs": outputs_of(step),
        "after": step.after,
    }

"""Runs of a pipeline and of its steps, its published versions and its schedules."""

from typing import Any, Literal

from msgspec import Struct, field

from mlops_cli.domain.pipelines import DataInput, Parameter
from mlops_cli.status import RunStatus

Source = Literal["run", "trigger", "schedule"]


class SubmitRequest(Struct, omit_defaults=True):
    """What a run of a pipeline is given: parameters and data in place of the defaults.

    Of two requests with the same `run_id` the second finds the run of the first.
    """

    experiment: str | None = None
    parameters: dict[str, Parameter] = field(default_factory=dict)
    data: dict[str, DataInput] = field(default_factory=dict)
    source: Source = "run"
    version: int | None = None
    schedule: str | None = None
    run_id: str | None = None


class PipelineRun(Struct, omit_defaults=True):
    """A run of a pipeline. Times are ISO 8601 in UTC; `version` is that of the published pipeline."""

    run_id: str
    pipeline: str
    experiment: str
    status: RunStatus
    created_at: str
    parameters: dict[str, Any] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    source: Source = "run"
    version: int | None = None
    schedule: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    duration_seconds: float | None = None
    error: str | None = None


class Output(Struct):
    """A file or folder that a step left behind. `content_hash` is SHA-256 over its names and bytes."""

    path: str
    content_hash: str


class StepRun(Struct, omit_defaults=True):
    """A step of a run. `key` is a hash of its code, inputs and parameters; `attempt` counts from 1.

    `reused_from` is the run whose outputs it took over. `facts` is what the step says of its work.
    """

    run_id: str
    name: str
    type: str
    status: RunStatus
    waits_for: list[str] = field(default_factory=list)
    attempt: int = 0
    failures: int = 0
    key: str | None = None
    reused_from: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    duration_seconds: float | None = None
    error: str | None = None
    details: list[str] = field(default_factory=list)
    outputs: dict[str, Output] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


class Pruned(Struct):
    """A run that was forgotten, and how large its files were."""

    run_id: str
    pipeline: str
    status: RunStatus
    created_at: str
    size_bytes: int

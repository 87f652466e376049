"""Runs and the models they leave behind."""

from typing import Any

from msgspec import Struct, field

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.status import RunStatus


class Run(Struct, omit_defaults=True):
    """An AutoML run (no `parent_id`) or one of its child runs (a trial or an ensemble).

    Times are ISO 8601 in UTC. `key` is a hash of data and settings: a run with the same key that has not
    ended can be resumed. `properties` holds what the engine wants to remember (dataset, settings, best child).
    """

    run_id: str
    experiment: str
    kind: str
    status: RunStatus
    created_at: str
    parent_id: str | None = None
    key: str | None = None
    iteration: int | None = None
    algorithm: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    started_at: str | None = None
    ended_at: str | None = None
    duration_seconds: float | None = None
    error: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)


class Model(Struct):
    """One registered version of a model. `path` is its folder; `packages` what it was trained with."""

    name: str
    version: int
    content_hash: str
    path: str
    created_at: str
    task: str | None = None
    algorithm: str | None = None
    run_id: str | None = None
    dataset: str | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)
    model_schema: ModelSchema | None = None

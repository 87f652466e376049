"""The backend that is this machine: thin adapters over the engine, each imported when it is used."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_cli.engine.store import Store

if TYPE_CHECKING:
    from mlops_cli.backends.base import (
        Context,
        DataBackend,
        EndpointBackend,
        ModelBackend,
        PipelineBackend,
        RunBackend,
    )


class LocalBackend:
    """Everything below one state directory."""

    name = "local"

    def __init__(self, home: Path) -> None:
        self._store = Store(home)

    @cached_property
    def data(self) -> DataBackend:
        from mlops_cli.backends.local.data import LocalData

        return LocalData(self._store)

    @cached_property
    def runs(self) -> RunBackend:
        from mlops_cli.backends.local.runs import LocalRuns

        return LocalRuns(self._store)

    @cached_property
    def models(self) -> ModelBackend:
        from mlops_cli.backends.local.models import LocalModels

        return LocalModels(self._store)

    @cached_property
    def endpoints(self) -> EndpointBackend:
        from mlops_cli.backends.local.endpoints import LocalEndpoints

        return LocalEndpoints(self._store)

    @cached_property
    def pipelines(self) -> PipelineBackend:
        from mlops_cli.backends.local.pipelines import LocalPipelines

        return LocalPipelines(self._store)


def create(context: Context) -> LocalBackend:
    return LocalBackend(context.config.home)

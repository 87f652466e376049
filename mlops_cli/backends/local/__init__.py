"""The backend that is this machine: thin adapters over the engine."""

from pathlib import Path

from mlops_cli.backends.local.data import LocalData
from mlops_cli.backends.local.endpoints import LocalEndpoints
from mlops_cli.backends.local.models import LocalModels
from mlops_cli.backends.local.runs import LocalRuns
from mlops_cli.engine.store import Store


class LocalBackend:
    """Everything below one state directory."""

    name = "local"

    def __init__(self, home: Path) -> None:
        store = Store(home)
        self.data = LocalData(store)
        self.runs = LocalRuns(store)
        self.models = LocalModels(store)
        self.endpoints = LocalEndpoints(store)

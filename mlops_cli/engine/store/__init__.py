"""The memory of the local backend: one SQLite file below the state directory."""

from pathlib import Path

from mlops_cli.domain.data import Dataset
from mlops_cli.domain.runs import Model
from mlops_cli.engine.store.database import Database
from mlops_cli.engine.store.tables import EndpointTable, RunTable, VersionedTable


class Store:
    """Datasets, runs, models and endpoints of one state directory; cheap to make."""

    def __init__(self, home: Path) -> None:
        self.home = home
        database = Database(home)
        self.datasets = VersionedTable(database, "datasets", Dataset)
        self.models = VersionedTable(database, "models", Model)
        self.runs = RunTable(database)
        self.endpoints = EndpointTable(database)

"""The memory of the local backend: one SQLite file below the state directory."""

from pathlib import Path

from mlops_cli.domain.data import Dataset
from mlops_cli.domain.runs import Model
from mlops_cli.engine.store.database import Database, KeptDatabase
from mlops_cli.engine.store.pipelines import PipelineRunTable
from mlops_cli.engine.store.published import PublishedTable
from mlops_cli.engine.store.schedules import ScheduleTable
from mlops_cli.engine.store.tables import EndpointTable, RunTable, VersionedTable


class Store:
    """Datasets, runs, models, endpoints and pipelines of one state directory; cheap to make.

    `kept` is for a process that writes all the time (see KeptDatabase).
    """

    def __init__(self, home: Path, *, kept: bool = False) -> None:
        self.home = home
        self._database = database = KeptDatabase(home) if kept else Database(home)
        self.datasets = VersionedTable(database, "datasets", Dataset)
        self.models = VersionedTable(database, "models", Model)
        self.runs = RunTable(database)
        self.endpoints = EndpointTable(database)
        self.pipeline_runs = PipelineRunTable(database)
        self.published = PublishedTable(database)
        self.schedules = ScheduleTable(database)

    def open(self) -> None:
        """Connect ahead of the first use. While somebody is, others need not empty the WAL at their end."""
        with self._database.read() as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()

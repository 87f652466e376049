"""Stands in for azureml.train.automl.runtime's local driver: AutoML runs without a compute target.

They train where all of the emulator's do. A local run may read tables of pandas, and `submit` returns at its end.
"""

from __future__ import annotations

import inspect
import tempfile
import uuid
from pathlib import Path
from typing import Any

from azureml.core import Dataset
from azureml.data import TabularDataset
from azureml.train.automl._experiment_drivers.remote_experiment_launcher import RemoteExperimentLauncher

TABLES = ("training_data", "validation_data")


class LocalExperimentDriver(RemoteExperimentLauncher):
    """What the SDK makes of `compute_target="local"`."""

    def create_parent_run(self, *arguments: Any, **named: Any) -> None:
        """Make the run, with tables that lie in memory saved as datasets."""
        given = inspect.signature(super().create_parent_run).bind(*arguments, **named).arguments
        for name in TABLES:
            table = given.get(name)
            if table is not None and not isinstance(table, TabularDataset):
                given[name] = _saved(self.experiment_state.experiment.workspace, table)
        super().create_parent_run(**given)

    def start(self, *arguments: Any, **named: Any) -> Any:
        """The run, which has ended."""
        run = super().start(*arguments, **named)
        run.wait_for_completion()
        return run


def _saved(workspace: Any, table: Any) -> TabularDataset:
    """The rows as a dataset of the default datastore that is not registered."""
    store, place = workspace.get_default_datastore(), f"automl-local/{uuid.uuid4()}"
    with tempfile.TemporaryDirectory() as folder:
        table.to_parquet(Path(folder) / "table.parquet", index=False)
        Dataset.File.upload_directory(folder, (store, place), show_progress=False)
    saved = Dataset.Tabular.from_parquet_files((store, f"{place}/table.parquet"))
    saved._ensure_saved(workspace)
    return saved

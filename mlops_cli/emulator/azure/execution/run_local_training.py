"""Stands in for azureml.train.automl.runtime's local driver: AutoML runs without a compute target.

They train where all of the emulator's do. A local run may read tables of pandas, and `submit` returns at its end.
"""

from __future__ import annotations

import inspect
import tempfile
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import requests
from azureml.core import Dataset
from azureml.data import TabularDataset
from azureml.train.automl._experiment_drivers.remote_experiment_launcher import RemoteExperimentLauncher

TABLES = {
    "training_data": ("X", "y", "sample_weight"),
    "validation_data": ("X_valid", "y_valid", "sample_weight_valid"),
}
"""The tables, each with the arrays that may be given in its place."""
LABEL, WEIGHT = "y", "sample_weight"


class LocalExperimentDriver(RemoteExperimentLauncher):
    """What the SDK makes of `compute_target="local"`."""

    def create_parent_run(self, *arguments: Any, **named: Any) -> None:
        """Make the run, with tables that lie in memory saved as datasets."""
        given = inspect.signature(super().create_parent_run).bind(*arguments, **named).arguments
        if given.get("existing_run"):
            return
        for name, arrays in TABLES.items():
            self._join(given, name, *arrays)
            table = given.get(name)
            if table is not None and not isinstance(table, TabularDataset):
                given[name] = _saved(self.experiment_state.experiment.workspace, table)
        super().create_parent_run(**given)

    def start(self, *arguments: Any, **named: Any) -> Any:
        """The run, which has ended."""
        if named.get("existing_run"):
            return self._go_on()
        run = super().start(*arguments, **named)
        run.wait_for_completion()
        return run

    def _go_on(self) -> Any:
        """The SDK's own call of this address does not get out: it takes a name in it for another one."""
        run, settings = self.experiment_state.current_run, self.experiment_state.automl_settings
        context = run.experiment.workspace.service_context
        address = f"{context._get_jasmine_url()}/jasmine/v1.0{context._get_workspace_scope()}/experimentids/"
        asked = {
            "updatedIterations": settings.iterations,
            "updatedTime": (settings.experiment_timeout_minutes or 0) * 60 or None,
            "updatedExitScore": settings.experiment_exit_score,
        }
        header = context.get_auth().get_authentication_header()
        address += f"{run.experiment.id}/runs/{run.id}/continueRun"
        requests.post(address, params=asked, headers=header, timeout=60).raise_for_status()
        run.wait_for_completion(show_output=self.experiment_state.console_writer.show_output)
        return run

    def _join(self, given: dict[str, Any], name: str, features: str, label: str, weight: str) -> None:
        """Make one table of what was given as arrays."""
        X, y, w = (given.pop(key, None) for key in (features, label, weight))
        if X is None or y is None:
            return
        settings, table = self.experiment_state.automl_settings, _table(X)
        settings.label_column_name = LABEL
        table[LABEL] = np.asarray(y).reshape(-1)
        if w is not None:
            settings.weight_column_name = WEIGHT
            table[WEIGHT] = np.asarray(w).reshape(-1)
        given[name] = table


def _table(X: Any) -> pd.DataFrame:
    """Rows of features; columns that have no names get Azure's."""
    if hasattr(X, "toarray"):
        X = X.toarray()
    if isinstance(X, pd.DataFrame):
        return X.rename(columns=str).reset_index(drop=True)
    rows = np.asarray(X)
    return pd.DataFrame(rows, columns=[f"C{number + 1}" for number in range(rows.shape[1])])


def _saved(workspace: Any, table: Any) -> TabularDataset:
    """The rows as a dataset of the default datastore that is not registered."""
    store, place = workspace.get_default_datastore(), f"automl-local/{uuid.uuid4()}"
    with tempfile.TemporaryDirectory() as folder:
        table.to_parquet(Path(folder) / "table.parquet", index=False)
        Dataset.File.upload_directory(folder, (store, place), show_progress=False)
    saved = Dataset.Tabular.from_parquet_files((store, f"{place}/table.parquet"))
    saved._ensure_saved(workspace)
    return saved

"""Where the SDK's ModelProxy looks for what a model has answered in a run. Also a module of the runs themselves."""

import os
from collections.abc import Sequence
from typing import Any

import pandas as pd

STORE = "workspaceblobstore"


def _save_results(results: Any, run: Any) -> list[Any]:
    """Keep one answer, or a tuple of them, as tables; the run has their places, and these are returned."""
    parts = results if isinstance(results, tuple) else (results,)
    kept = [_kept(pd.DataFrame(part), f"model_test/{run.id}/{n}", run) for n, part in enumerate(parts)]
    run.add_properties({"inference_results": str([path for _, path in kept])})
    return kept


def _kept(frame: pd.DataFrame, folder: str, run: Any) -> tuple[Any, str]:
    os.makedirs(folder, exist_ok=True)
    frame.rename(columns=str).to_csv(f"{folder}/predictions.csv", index=False)
    store = run.experiment.workspace.datastores[STORE]
    store.upload_files([f"{folder}/predictions.csv"], target_path=folder, overwrite=True, show_progress=False)
    return store, f"{folder}/predictions.csv"


def tell(kept: Sequence[Any], run: Any) -> None:
    """Name the first table among the outputs of the run."""
    from azureml._restclient import models
    from azureml.core import Dataset

    table = Dataset.Tabular.from_delimited_files(path=[kept[0]])
    identifier = models.DatasetIdentifier(table._ensure_saved_internal(run.experiment.workspace), None, None)
    kind, details = models.DatasetOutputType.run_output, models.DatasetOutputDetails("predictions")
    run._update_output_dataset_lineage([models.OutputDatasetLineage(identifier, kind, details)])

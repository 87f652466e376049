"""Tests of trained models: script runs below the tested run, of the table that was kept for them."""

from __future__ import annotations

import uuid
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import yaml

from mlops_cli.emulator.azure.dataset.datasets import Datasets
from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.jasmine.tables import dataflow
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

KIND = "automl.model_test"
SCRIPTS, ENGINE = Path(scripts.__file__).parent, Path(__file__).parents[3] / "engine"
FILES = {
    "run_model_test.py": SCRIPTS / "run_model_test.py",
    "run_results.py": SCRIPTS / "run_results.py",
    "model_metrics.py": ENGINE / "automl" / "metrics.py",
}
SEED = 1


def start(
    app: App, workspace: Workspace, tested: str, table: str, target: str, *, predictions_only: bool = False
) -> str:
    """Let the test of a run begin; the id of its own run. Raises ApiError 400 for what AutoML has not made."""
    run = Runs(workspace).get(tested)
    parent = Runs(workspace).get((run or {}).get("parentRunId") or "")
    if run is None or parent is None or "AMLSettingsJsonString" not in parent["properties"]:
        raise bad_request(f"Run {tested} has no model of AutoML.")
    arguments = ["--tested", tested, "--table", table, *_of_training(parent)]
    arguments += ["--predictions-only"] if predictions_only else []
    configuration = {"script": "run_model_test.py", "arguments": arguments, "target": target}
    run_id = f"{parent['runId']}_{uuid.uuid4().hex[:8]}_test"
    posted = {"Configuration": configuration, "ParentRunId": tested}
    scripts.submit(app, workspace, run["_experiment"], run_id, posted, FILES)
    Runs(workspace).change(run_id, lambda document: document.update(runType=KIND))
    return run_id


def _of_training(parent: Document) -> list[str]:
    """What the script has to know of how the model was trained."""
    settings = msgspec.json.decode(parent["properties"]["AMLSettingsJsonString"])
    task = "forecasting" if settings.get("is_timeseries") else settings["task_type"]
    return ["--label", settings["label_column_name"], "--task", task]


def split(workspace: Workspace, dataset_id: str, share: float) -> tuple[str, str]:
    """Training and test rows of a table, as datasets of their own. Where they cannot be read, all are trained on."""
    saved = Datasets(workspace).saved(dataset_id)
    if saved is None or find_spec("azureml") is None or find_spec("azureml.dataprep") is None:
        return dataset_id, ""
    train = _part(workspace, saved, 0.0, 1 - share)
    return train, _part(workspace, saved, 1 - share, 1.0)


def _part(workspace: Workspace, saved: Document, lower: float, upper: float) -> str:
    """The rows that the SDK's `random_split` gives."""
    bounds = {"probability_lower_bound": lower, "probability": upper, "seed": SEED}
    definition, document = dataflow(saved), msgspec.json.decode(saved["dataflowJson"])
    steps = [*(definition.get("transformations") or [])]
    steps.append({"sample": {"sampler": "random_percent", "sampler_arguments": bounds}})
    document["meta"]["RsDataflow"] = yaml.safe_dump({**definition, "transformations": steps}, sort_keys=False)
    text = msgspec.json.encode(document).decode()
    return str(Datasets(workspace).save({**saved, "dataflowJson": text})["id"])

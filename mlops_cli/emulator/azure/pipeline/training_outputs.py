"""What a search for the best model leaves for other steps: the metrics of its trials, and a model."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.domain.training import LOWER_IS_BETTER
from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.metric.metrics import Metrics
from mlops_cli.emulator.azure.pipeline import places
from mlops_cli.emulator.azure.pipeline.graph import Step
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.state.blobs import Blob
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

STORE = "workspaceblobstore"
MODEL = "outputs/model.pkl"


def place_of(step: Step, run_id: str, name: str) -> Document:
    """{store, path} of an output, with what it is to hold as `training`."""
    setting = step.setting(name)
    store = setting.get("DataStoreName") or STORE
    training = setting.get("TrainingOutput") or {}
    return {"store": store, "path": f"azureml/{run_id}/{name}", "training": training}


def write(app: App, workspace: Workspace, search: str, best: str, place: Document) -> None:
    """Put the metrics of all trials of the run `search`, or the model of one, where the output is."""
    training = place["training"]
    if training.get("TrainingOutputType") == "Metrics":
        places.put(workspace, place, io.BytesIO(_metrics(workspace, search)))
        return
    trial = chosen(workspace, search, best, training)
    wanted = training.get("ModelFile") or MODEL
    for path, blob in files(app, workspace, trial, wanted).items():
        where = place | {"path": place["path"] + path.removeprefix(wanted.rstrip("/"))}
        with blob.path.open("rb") as content:
            places.put(workspace, where, content)


def chosen(workspace: Workspace, search: str, best: str, training: Document) -> str:
    """The trial whose model is wanted: of an iteration, the best by a metric, otherwise the best there is."""
    if training.get("Iteration") is not None:
        return f"{search}_{training['Iteration']}"
    if training.get("Metric"):
        name, found = training["Metric"], metrics_of(workspace, search)
        scored = {run: values[name][-1] for run, values in found.items() if values.get(name)}
        choose = min if name in LOWER_IS_BETTER else max
        return choose(scored, key=lambda run: scored[run]) if scored else best
    return best


def files(app: App, workspace: Workspace, run_id: str, path: str) -> dict[str, Blob]:
    """The run's artifact of this path, or those below it."""
    artifacts, owner = Artifacts(workspace, app.identity), ("ExperimentRun", f"dcid.{run_id}")
    exact = artifacts.blob(*owner, path)
    if exact:
        return {path: exact}
    found = {name: artifacts.blob(*owner, name) for name in artifacts.paths(*owner, f"{path.rstrip('/')}/")}
    return {name: blob for name, blob in found.items() if blob}


def _metrics(workspace: Workspace, search: str) -> bytes:
    """{trial: {metric: [values]}}, as Azure writes it."""
    return msgspec.json.encode(metrics_of(workspace, search))


def metrics_of(workspace: Workspace, search: str) -> dict[str, dict[str, list[float]]]:
    """The numbers that the trials have logged; trials and metrics without any are left out."""
    found = {}
    for child in Runs(workspace).children(search):
        metrics = Metrics(workspace, child["runId"])
        names = [one["metricKey"]["name"] for one in metrics.names()]
        values = {name: _numbers(metrics.full(name) or {}, name) for name in names}
        found[child["runId"]] = {name: numbers for name, numbers in values.items() if numbers}
    return {run: metrics for run, metrics in found.items() if metrics}


def _numbers(metric: Document, name: str) -> list[float]:
    logged = [value.get("data", {}).get(name) for value in metric.get("value") or []]
    return [number for number in logged if isinstance(number, int | float)]

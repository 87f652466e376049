"""What the outputs of a script step are: where they lie, and which of them are datasets."""

from __future__ import annotations

from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.pipeline.graph import Step
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

DEFAULT_STORE = "workspaceblobstore"
LINK = "link"


def left_by(workspace: Workspace, _: Document, step: Step, run_id: str) -> dict[str, Document]:
    """The outputs of a run that has ended: {store, path} each, or the {dataset} that it has linked.

    Datasets that a script registers by itself are told of as outputs without a name.
    """
    told = (Runs(workspace).get(run_id) or {}).get("outputDatasets") or []
    named = [one for one in told if one.get("outputDetails")]
    linked = {one["outputDetails"]["outputName"]: one["identifier"]["savedId"] for one in named}
    links = [name for name in step.outputs() if step.setting(name).get("DataStoreMode") == LINK]
    return outputs_of(step, run_id) | {name: {"dataset": linked.get(name)} for name in links}


def outputs_of(step: Step, run_id: str) -> dict[str, Document]:
    """Where the outputs of a run of the step are: {store, path} each."""
    return {name: _place(step, run_id, name) for name in step.outputs()}


def _place(step: Step, run_id: str, name: str) -> Document:
    setting = step.setting(name)
    store, path = setting.get("DataStoreName") or DEFAULT_STORE, f"azureml/{run_id}/{name}"
    if is_dataset(step, name):
        wanted = (setting.get("DatasetOutputOptions") or {}).get("PathOnDatastore")
        path = (wanted or "dataset/{run-id}/{output-name}").replace("{run-id}", run_id)
        path = path.replace("{output-name}", name).strip("/")
    return {"store": store, "path": path, "on_compute": setting.get("PathOnCompute")}


def is_dataset(step: Step, name: str) -> bool:
    """Whether the output is one of OutputFileDatasetConfig."""
    given = [str(argument.get("Value")) for argument in step.interface.get("Arguments") or []]
    options = step.setting(name).get("DatasetOutputOptions")
    return options is not None or f"DatasetOutputConfig:{name}" in given


def written_to(place: Document, setting: Document) -> Document:
    """A dataset among the `outputData` of a run configuration."""
    globs = ((setting.get("DatasetOutputOptions") or {}).get("SourceGlobs") or {}).get("GlobPatterns")
    return {
        "mechanism": setting.get("DataStoreMode"),
        "outputLocation": {"dataPath": {"datastoreName": place["store"], "relativePath": place["path"]}},
        "additionalOptions": {
            "pathOnCompute": place.get("on_compute"),
            "uploadOptions": {"sourceGlobs": {"patterns": globs}},
        },
    }

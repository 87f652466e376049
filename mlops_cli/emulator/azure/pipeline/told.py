"""What history tells of the inputs and outputs of a script step: their names, where this machine has paths."""

from __future__ import annotations

from pathlib import Path

from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.pipeline.graph import Source
from mlops_cli.emulator.azure.pipeline.intermediate import saved_dataset
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace


class Told:
    """Datasets and references that the emulator itself brings: their run is to look as if it had opened them."""

    def __init__(self) -> None:
        self._data: Document = {}
        self._references: Document = {}
        self._outputs: Document = {}
        self._names: dict[str, str] = {}
        self.variables: dict[str, str] = {}

    def dataset(self, name: str, port: Document, dataset: str, local: Path) -> None:
        self._names[str(local)] = f"DatasetConsumptionConfig:{name}"
        self._data[name] = consumed(name, port, dataset)

    def reference(self, name: str, port: Document, place: Document, local: Path) -> None:
        self._names[str(local)] = f"$AZUREML_DATAREFERENCE_{name}"
        self._references[name] = {
            "dataStoreName": place["store"],
            "mode": (port.get("DataStoreMode") or "mount").capitalize(),
            "pathOnDataStore": place["path"],
            "pathOnCompute": port.get("PathOnCompute"),
            "overwrite": bool(port.get("Overwrite")),
        }

    def output(self, name: str, given: Document, setting: Document, pipeline_run: str, node: str) -> None:
        """An output with how it is registered: the emulator does that itself when the step is over."""
        registration = setting.get("DatasetRegistration") or {}
        how = {
            "name": registration.get("Name"),
            "description": registration.get("Description"),
            "tags": registration.get("Tags"),
            "properties": {
                "azureml.pipelineRunId": pipeline_run,
                "azureml.pipelineRun.moduleNodeId": node,
                "azureml.pipelineRun.outputPortName": name,
            },
            "datasetRegistrationOptions": {
                "additionalTransformation": registration.get("AdditionalTransformations")
            },
        }
        options = given["additionalOptions"] | {"registrationOptions": how}
        self._outputs[name] = given | {"additionalOptions": options}

    def of(self, configuration: Document) -> Document:
        """What differs from a configuration as it is run here."""
        return {
            "arguments": [self._named(word) for word in configuration["arguments"]],
            "command": self._named(configuration.get("command") or "") or None,
            "data": configuration["data"] | self._data,
            "dataReferences": self._references,
            "outputData": self._outputs,
            "environmentVariables": self.variables,
        }

    def _named(self, text: str) -> str:
        for local in sorted(self._names, key=len, reverse=True):
            text = text.replace(local, self._names[local])
        return text


def consumed(name: str, port: Document, dataset: str) -> Document:
    """A dataset among the `data` of a run configuration."""
    return {
        "dataLocation": {"dataset": {"id": dataset}},
        "mechanism": port.get("DataStoreMode") or "direct",
        "environmentVariableName": port.get("DataReferenceName") or name,
        "pathOnCompute": port.get("PathOnCompute"),
    }


def dataset_left(workspace: Workspace, source: Source, nodes: Document, place: Document) -> str:
    """The saved dataset that an output is: as the run of its step told it, or else of what is at its place."""
    run = Runs(workspace).get(nodes[source.step or ""].get("run") or "") or {}
    for one in run.get("outputDatasets") or []:
        if (one.get("outputDetails") or {}).get("outputName") == source.output:
            return str(one["identifier"]["savedId"])
    return saved_dataset(workspace, place, list(source.blocks))


def tell_registered(workspace: Workspace, run_id: str, output: str, identifier: Document) -> None:
    """Have the run tell, of an output that it told already, the version that it was registered as."""

    def change(document: Document) -> None:
        for one in document.get("outputDatasets") or []:
            if (one.get("outputDetails") or {}).get("outputName") == output:
                one["identifier"] = identifier

    Runs(workspace).change(run_id, change)

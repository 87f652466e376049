"""A step that runs a script: the run configuration that its node stands for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.azure.pipeline import places
from mlops_cli.emulator.azure.pipeline.graph import Step
from mlops_cli.emulator.azure.pipeline.sources import dataset_of, place_of
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

DEFAULT_STORE = "workspaceblobstore"
INPUTS = "code/.inputs"
"""Below the working directory: Model.register refuses every path outside of it."""


class ScriptJob:
    """The inputs, outputs and arguments of one step below the folder of its run."""

    def __init__(self, workspace: Workspace, step: Step, run_id: str, folder: Path, nodes: Document) -> None:
        self._workspace, self._step, self._run_id, self._folder = workspace, step, run_id, folder
        self._texts: dict[tuple[str, str], str] = {}
        self.variables: dict[str, str] = {}
        self.data: Document = {}
        self.output_data: Document = {}
        self.outputs: dict[str, Document] = {}
        self._dataset_variables: list[str] = []
        for source in step.sources:
            port = step.port(source.port)
            if dataset := dataset_of(workspace, source):
                self._consume(source.port, port, dataset)
            elif place := place_of(workspace, source, nodes):
                self._bring(source.port, port, place)
        for name in step.outputs():
            self._leave(name, step.setting(name))
        self._name_parameters()

    def _consume(self, name: str, port: Document, dataset: str) -> None:
        """A dataset: the run itself opens it, as in any submitted run."""
        mode = port.get("DataStoreMode") or "direct"
        variable = port.get("DataReferenceName") or name
        self.data[name] = {
            "dataLocation": {"dataset": {"id": dataset}},
            "mechanism": mode,
            "environmentVariableName": variable,
            "pathOnCompute": port.get("PathOnCompute"),
        }
        self._dataset_variables.append(f"{variable}:{mode}")

    def _bring(self, name: str, port: Document, place: Document) -> None:
        if (port.get("DataStoreMode") or "mount") == "direct":
            raise bad_request(
                f"Input {name}: the output of a step is mounted or downloaded here, not opened."
            )
        local = places.bring(self._workspace, place, self._folder / INPUTS / name)
        self._texts["Input", name] = self._texts["Literal", f"DatasetConsumptionConfig:{name}"] = str(local)
        self.variables[f"AZUREML_DATAREFERENCE_{name}"] = self.variables[name] = str(local)
        if "AzureBlobReference" in (port.get("DataTypeIdsList") or []):
            self._dataset_variables.append(f"{name}:mount")

    def _leave(self, name: str, setting: Document) -> None:
        """An output. One of OutputFileDatasetConfig is uploaded by the run, others when the run is over."""
        store, options = setting.get("DataStoreName") or DEFAULT_STORE, setting.get("DatasetOutputOptions")
        local = self._folder / "outputs" / name
        if options is None and f"DatasetOutputConfig:{name}" not in self._literals():
            local.parent.mkdir(parents=True, exist_ok=True)
            self._texts["Output", name] = self.variables[f"AZUREML_DATAREFERENCE_{name}"] = str(local)
            self.outputs[name] = {"store": store, "path": f"azureml/{self._run_id}/{name}"}
            return
        path = (options or {}).get("PathOnDatastore") or "dataset/{run-id}/{output-name}"
        path = path.replace("{run-id}", self._run_id).replace("{output-name}", name).strip("/")
        registration = (setting.get("DatasetRegistration") or {}).get("Name")
        self.output_data[name] = {
            "outputLocation": {"dataPath": {"datastoreName": store, "relativePath": path}},
            "additionalOptions": {"registrationOptions": {"name": registration}},
        }
        self.outputs[name] = {"store": store, "path": path}

    def _name_parameters(self) -> None:
        for parameter in self._step.interface.get("Parameters") or []:
            if parameter.get("SetEnvironmentVariable") and parameter["Name"] in self._step.parameters:
                variable = parameter.get("EnvironmentVariableOverride") or parameter["Name"]
                self.variables[variable] = self._step.parameters[parameter["Name"]]

    def _literals(self) -> list[str]:
        return [str(given.get("Value")) for given in self._step.interface.get("Arguments") or []]

    def arguments(self) -> list[str]:
        found = []
        for given in self._step.interface.get("Arguments") or []:
            kind, value = str(given["ValueType"]), str(given.get("Value"))
            if kind == "Parameter":
                found.append(self._step.parameters.get(value, ""))
            else:
                found.append(self._texts.get((kind, value), value))
        return found

    def configuration(self) -> Document:
        """As a client posts it for ScriptRunConfig."""
        given = msgspec.json.decode(self._step.node.get("Runconfig") or "{}")
        parameters = self._step.parameters
        own = {"AZUREML_DATASET_ENVIRONMENT_VARS": ",".join(self._dataset_variables)}
        return {
            **given,
            "script": parameters.get("Script"),
            "command": parameters.get("Command") or "",
            "arguments": self.arguments(),
            "target": parameters.get("Target"),
            "data": self.data,
            "dataReferences": {},
            "outputData": self.output_data,
            "environmentVariables": {**(given.get("environmentVariables") or {}), **self.variables, **own},
        }


def start(
    app: App,
    workspace: Workspace,
    pipeline: Document,
    step: Step,
    run_id: str,
    variables: dict[str, str] | None = None,
) -> dict[str, Document]:
    """Start the script; where its outputs will be."""
    job = ScriptJob(workspace, step, run_id, scripts.folder_of(app, run_id).path, pipeline["_nodes"])
    job.variables |= variables or {}
    posted = {
        "Configuration": job.configuration(),
        "SnapshotId": step.module.get("StorageId"),
        "ParentRunId": pipeline["Id"],
    }
    scripts.submit(app, workspace, pipeline["RunHistoryExperimentName"], run_id, posted)
    return job.outputs


def finish(app: App, workspace: Workspace, run_id: str, outputs: dict[str, Document]) -> dict[str, Document]:
    """Take what the script has left behind to where it belongs; the outputs that there are."""
    folder = scripts.folder_of(app, run_id).path / "outputs"
    for name, place in outputs.items():
        if not places.blobs_of(workspace, place):
            places.take(workspace, folder / name, place)
    return outputs

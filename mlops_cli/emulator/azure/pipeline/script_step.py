"""A step that runs a script: the run configuration that its node stands for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.azure.execution.plan import local_place
from mlops_cli.emulator.azure.pipeline import places
from mlops_cli.emulator.azure.pipeline.commands import joined
from mlops_cli.emulator.azure.pipeline.graph import Source, Step
from mlops_cli.emulator.azure.pipeline.sizes import sized
from mlops_cli.emulator.azure.pipeline.sources import dataset_of, place_of, table_of
from mlops_cli.emulator.azure.pipeline.step_outputs import is_dataset, outputs_of, written_to
from mlops_cli.emulator.azure.pipeline.told import Told, consumed, dataset_left
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

STRUCTURED = "USE_STRUCTURED_ARGUMENTS"
INPUTS = "code/.inputs"
"""Below the working directory: Model.register refuses every path outside of it."""


class ScriptJob:
    """The inputs, outputs and arguments of one step below the folder of its run."""

    def __init__(
        self, workspace: Workspace, step: Step, run_id: str, folder: Path, pipeline: Document
    ) -> None:
        self._workspace, self._step, self._run_id, self._folder = workspace, step, run_id, folder
        self._pipeline_run, nodes = pipeline["Id"], pipeline["_nodes"]
        self._nodes = nodes
        self.told = Told()
        self._texts: dict[tuple[str, str], str] = {}
        self.variables: dict[str, str] = {}
        self.data: Document = {}
        self.output_data: Document = {}
        self._dataset_variables: list[str] = []
        for source in step.sources:
            port = step.port(source.port)
            dataset = dataset_of(workspace, source, nodes)
            if source.output and port.get("DataStoreMode") == "direct":
                dataset = table_of(workspace, source, nodes)
            if source.output:
                port = port | {"DataReferenceName": None}  # that of the output; the input has its own name
            if dataset:
                self._consume(source.port, port, dataset)
            elif place := place_of(workspace, source, nodes):
                self._bring(source, port, place)
        for name, place in outputs_of(step, run_id).items():
            self._leave(name, place)
        self._name_parameters()

    def _consume(self, name: str, port: Document, dataset: str) -> None:
        """A dataset: the run itself opens it, as in any submitted run."""
        data = self.data[name] = consumed(name, port, dataset)
        self._dataset_variables.append(f"{data['environmentVariableName']}:{data['mechanism']}")
        self._texts["Input", name] = f"DatasetConsumptionConfig:{name}"

    def _bring(self, source: Source, port: Document, place: Document) -> None:
        name = source.port
        wanted = port.get("PathOnCompute") if port.get("DataStoreMode") == "download" else None
        folder = local_place(self._folder, INPUTS, name, wanted)
        local = places.bring(self._workspace, place, folder)
        self._texts["Input", name] = self._texts["Literal", f"DatasetConsumptionConfig:{name}"] = str(local)
        self.variables[f"AZUREML_DATAREFERENCE_{name}"] = self.variables[name] = str(local)
        if not source.is_dataset:
            self.told.reference(name, port, place, local)
            return
        self._dataset_variables.append(f"{name}:mount")
        self.told.dataset(name, port, dataset_left(self._workspace, source, self._nodes, place), local)

    def _leave(self, name: str, place: Document) -> None:
        """An output. One of OutputFileDatasetConfig is uploaded by the run, others when the run is over."""
        if not is_dataset(self._step, name):
            local = local_place(self._folder, "outputs", name, place.get("on_compute"))
            local.parent.mkdir(parents=True, exist_ok=True)
            self._texts["Output", name] = self.variables[f"AZUREML_DATAREFERENCE_{name}"] = str(local)
            self.told.reference(name, self._step.setting(name), place, local)
            return
        setting = self._step.setting(name)
        self.output_data[name] = written_to(place, setting)
        self.told.output(name, self.output_data[name], setting, self._pipeline_run, self._step.id)

    def _name_parameters(self) -> None:
        for parameter in self._step.interface.get("Parameters") or []:
            if parameter.get("SetEnvironmentVariable") and parameter["Name"] in self._step.parameters:
                variable = parameter.get("EnvironmentVariableOverride") or parameter["Name"]
                value = self._step.parameters[parameter["Name"]]
                self.variables[variable] = self.told.variables[variable] = value

    def arguments(self) -> list[str]:
        own = self._step.parameters.get("Arguments") or STRUCTURED
        if own != STRUCTURED:  # a step of a module brings its own, which the client joins by commas
            return [self._resolved(word) for word in own.split(",")]
        found = []
        for given in self._step.interface.get("Arguments") or []:
            kind, value = str(given["ValueType"]), str(given.get("Value"))
            if kind == "Parameter":
                found.append(self._step.parameters.get(value, ""))
            else:
                found.append(self._texts.get((kind, value)) or self._resolved(value))
        return found

    def _resolved(self, text: str) -> str:
        """Outputs and inputs may stand within a text, as `--out=$AZUREML_DATAREFERENCE_name`."""
        named = r"\$((?:AZUREML_DATAREFERENCE|AML_PARAMETER)_\w+)"
        return re.sub(named, lambda found: self.variables.get(found[1], found[0]), text)

    def _command(self) -> str:
        head = self._step.parameters.get("Command")
        return joined([head, *self.arguments()]) if head else ""

    def configuration(self) -> Document:
        """As a client posts it for ScriptRunConfig."""
        given = msgspec.json.decode(
            self._step.node.get("Runconfig") or self._step.module.get("Runconfig") or "{}"
        )
        parameters = self._step.parameters
        own = {
            "script": parameters.get("Script"),
            "command": self._command(),
            "target": parameters.get("Target"),
        }
        return self.completed(sized(given, parameters) | own)

    def completed(self, given: Document) -> Document:
        """A run configuration with the arguments, inputs and outputs of the step."""
        self.told.variables |= given.get("environmentVariables") or {}
        own = {"AZUREML_DATASET_ENVIRONMENT_VARS": ",".join(self._dataset_variables)}
        return {
            **given,
            "arguments": [] if given.get("command") else self.arguments(),
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
) -> None:
    """Start the script. Raises ApiError 400 for inputs that there are not."""
    job = ScriptJob(workspace, step, run_id, scripts.folder_of(app, run_id).path, pipeline)
    job.variables |= variables or {}
    configuration = job.configuration()
    posted = {
        "Configuration": configuration,
        "Told": job.told.of(configuration),
        "SnapshotId": step.module.get("StorageId"),
        "ParentRunId": pipeline["Id"],
    }
    scripts.submit(app, workspace, pipeline["RunHistoryExperimentName"], run_id, posted)


def finish(app: App, workspace: Workspace, run_id: str, outputs: dict[str, Document]) -> None:
    """Take what the script has left behind to where it belongs, unless the run has done so."""
    folder = scripts.folder_of(app, run_id).path
    for name, place in outputs.items():
        if "dataset" not in place:
            places.take(workspace, local_place(folder, "outputs", name, place.get("on_compute")), place)


def give_back(app: App, workspace: Workspace, step: Step, run_id: str, nodes: Document) -> None:
    """Take what the script has written below its mounted inputs to there; datasets are for reading only."""
    folder = scripts.folder_of(app, run_id).path / INPUTS
    for source in step.sources:
        place = None if source.is_dataset else place_of(workspace, source, nodes)
        if place and step.port(source.port).get("DataStoreMode") == "mount":
            places.give_back(workspace, folder / source.port, place)

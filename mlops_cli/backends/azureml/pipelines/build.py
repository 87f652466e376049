"""From a definition to the SDK's pipeline: graph, code and data, with parameters left open."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mlops_cli.backends.azureml import compute
from mlops_cli.backends.azureml.pipelines import arguments, automl, batch, registering, script, tables
from mlops_cli.backends.azureml.pipelines.choices import Choices
from mlops_cli.backends.azureml.pipelines.data import Resolved, content, port_name, resolve
from mlops_cli.backends.azureml.pipelines.facts import Built, StepFacts
from mlops_cli.backends.azureml.pipelines.unused import unused
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.pipeline_graph import dependencies, in_order, source_of
from mlops_cli.domain.pipelines import (
    AutoMLStep,
    DataInput,
    PipelineDefinition,
    PipelineSettings,
    ScriptStep,
    Step,
    outputs_of,
    type_of,
)
from mlops_cli.engine.pipelines import planning
from mlops_cli.engine.pipelines.content import code_hash, copy_code
from mlops_cli.errors import NotFoundError

if TYPE_CHECKING:
    from azureml.core.compute import ComputeTarget
    from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
    from azureml.pipeline.core import Pipeline, PipelineData
    from azureml.pipeline.core.pipeline_output_dataset import PipelineOutputFileDataset


class Builder:
    """Builds one definition. `parameters` are in force where the graph cannot leave them open."""

    def __init__(
        self,
        session: Session,
        definition: PipelineDefinition,
        parameters: dict[str, Any],
        given: dict[str, DataInput],
    ) -> None:
        self._session, self._definition = session, definition
        self.parameters = parameters
        self.settings: PipelineSettings = planning.resolve(definition, parameters)
        self._given = given
        self.choices = Choices(definition, self.settings.steps, parameters, self._inputs())
        self._parameters: dict[str, Any] = {}
        self._outputs: dict[tuple[str, str], PipelineData] = {}
        self._datasets: dict[tuple[str, str], PipelineOutputFileDataset] = {}
        self._read_as_data = set(tables.outputs_read(self.settings.steps))
        self._data: dict[str, Resolved] = {}

    def content(self) -> str:
        """SHA-256 of what the pipeline does, so that two clones agree."""
        folders = {step.name: planning.code_folder(self._definition, step) for step in self.settings.steps}
        hashes = {folder: code_hash(Path(folder)) for folder in set(folders.values()) if folder}
        code = {name: hashes[folder] for name, folder in folders.items() if folder}
        contents = {
            name: content(self._session, self._definition, name, given)
            for name, given in self._inputs().items()
        }
        what: list[Any] = [self._definition.name, self._definition.document, code, contents]
        if any(map(registering.registers, self.settings.steps)):
            what.append("registers")  # as versions of before do not
        return hashlib.sha256(msgspec.json.encode(what, order="deterministic")).hexdigest()

    def _inputs(self) -> dict[str, DataInput]:
        return self.settings.data | self._given

    def data(self) -> dict[str, Resolved]:
        if not self._data:
            for name, given in self._inputs().items():
                self._data[name] = resolve(self._session, self._definition, name, given)
        return self._data

    @contextmanager
    def build(self) -> Iterator[Built]:
        """The pipeline while its code lies in a folder of its own, as `snapshots` of it are taken."""
        from azureml.pipeline.core import Pipeline

        content_hash = self.content()
        with tempfile.TemporaryDirectory() as folder:
            made = self._steps(Path(folder))
            description = self._definition.document.get("description") or self._definition.name
            pipeline: Pipeline = Pipeline(
                self._session.workspace, steps=list(made.values()), description=description
            )
            yield Built(
                pipeline,
                self._definition.name,
                content_hash,
                self.facts(),
                self.parameters,
                self._chosen(),
                {name: self._default(name) for name in self.choices.parameters()},
                {name: found.label for name, found in self.data().items()},
                self.choices.data(),
            )

    def facts(self) -> list[StepFacts]:
        waits = dependencies(self.settings.steps)
        found = []
        for step in in_order(self.settings.steps):
            found.append(StepFacts(step.name, type_of(step), sorted(waits[step.name]), own_names(step)))
            if registering.registers(step):
                found.append(StepFacts(registering.name_of(step), "script", [step.name]))
        return found

    def _raw(self) -> dict[str, Any]:
        return {step["name"]: step for step in self._definition.document["steps"]}

    def _steps(self, folder: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        waits = dependencies(self.settings.steps)
        for step in in_order(self.settings.steps):
            made[step.name] = self._step(step, folder)
            for before in waits[step.name]:
                made[step.name].run_after(made[before])
            if registering.registers(step):
                made[registering.name_of(step)] = registering.make(self, self._session, step, folder)
        return made

    def _step(self, step: Step, folder: Path) -> Any:
        for output in outputs_of(step):
            self._make_output(step, output)
        for text in unused(step):
            self._session.say(f"step {step.name}: {text}")
        if isinstance(step, AutoMLStep):
            return automl.make(self, self._session, step, folder)
        source, raw = self._code(step, folder), self._raw()[step.name]
        if isinstance(step, ScriptStep):
            return script.make(self, self._session, step, raw, source)
        return batch.make(self, self._session, step, raw, source)

    def _code(self, step: Step, folder: Path) -> Path:
        found = planning.code_folder(self._definition, step)
        assert found is not None, "a script has a folder"
        what = f"{found}:{step.name}" if arguments.needs_joining(self._raw()[step.name]) else str(found)
        target = folder / hashlib.sha256(what.encode()).hexdigest()[:12]
        if not target.exists():
            copy_code(Path(found), target)
        return target

    def _make_output(self, step: Step, output: str) -> None:
        from azureml.pipeline.core import PipelineData, TrainingOutput

        store = self._session.workspace.get_default_datastore()
        kind = TrainingOutput(output.capitalize()) if isinstance(step, AutoMLStep) else None
        made = PipelineData(port_name(step.name, output), datastore=store, training_output=kind)
        self._outputs[step.name, output] = made
        if (step.name, output) in self._read_as_data:
            self._datasets[step.name, output] = made.as_dataset()

    def output(self, step: str, output: str) -> PipelineData | PipelineOutputFileDataset:
        """What a step leaves: a dataset where a later step reads it as one."""
        return self._datasets.get((step, output)) or self._outputs[step, output]

    def input(self, name: str, text: str) -> Any:
        """What goes into the input `name` as a path: an output of another step, or data."""
        source, output = source_of(text)
        if source == "data":
            return self.consumed(output, name, self.data()[output].dataset).as_mount()
        if made := self._datasets.get((source, output)):
            return made.as_named_input(port_name(name)).as_mount()
        return self._outputs[source, output]

    def parameter(self, name: str) -> Any:
        """The parameter of the pipeline; one object per name."""
        from azureml.pipeline.core import PipelineParameter

        if name not in self._parameters:
            self._parameters[name] = PipelineParameter(name, self._default(name))
        return self._parameters[name]

    def _default(self, name: str) -> Any:
        return plain(self._definition.document["parameters"][name])

    def _chosen(self) -> dict[str, Any]:
        """The parameters of the graph that are in force with another value than their default."""
        values = {name: plain(value) for name, value in self.parameters.items() if name in self._parameters}
        return {name: value for name, value in values.items() if value != self._default(name)}

    def consumed(self, data: str, port: str, dataset: Any) -> DatasetConsumptionConfig:
        """Data as an input of a step: a parameter of the pipeline where a run may choose them."""
        from azureml.data.dataset_consumption_config import DatasetConsumptionConfig
        from azureml.pipeline.core import PipelineParameter

        if data not in self.choices.data():
            return dataset.as_named_input(port_name(port))
        if data not in self._parameters:
            self._parameters[data] = PipelineParameter(data, dataset)
        return DatasetConsumptionConfig(port_name(port), self._parameters[data])

    def target(self, step: Step) -> ComputeTarget:
        """The step's own compute, or the profile's, which is made when it is missing."""
        from azureml.core.compute import ComputeTarget

        name = step.compute
        if name is None or name == self._session.config.require("compute").compute.name:
            return compute.ensure(self._session)
        found = self._session.find(lambda: ComputeTarget(self._session.workspace, name))
        if found is None:
            raise NotFoundError(f"step '{step.name}': there is no compute '{name}' in the workspace")
        return found


def own_names(step: Step) -> list[str]:
    return [name for name in outputs_of(step) if port_name(name) != name]


def plain(value: Any) -> Any:
    """A parameter's value as Azure takes it: it has no true and false of YAML's kind."""
    return str(value).lower() if isinstance(value, bool) else value

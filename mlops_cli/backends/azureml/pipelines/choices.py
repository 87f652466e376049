"""What a run of a published pipeline may choose: the parameters and data that Azure leaves open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_cli.backends.azureml.pipelines import arguments, tables
from mlops_cli.domain.pipeline_graph import source_of
from mlops_cli.domain.pipelines import AutoMLStep, BatchStep, DataInput, PipelineDefinition, Step
from mlops_cli.domain.references import references, texts


class Choices:
    """`parameters` are those in force, `data` where each comes from."""

    def __init__(
        self,
        definition: PipelineDefinition,
        steps: list[Step],
        parameters: dict[str, Any],
        data: dict[str, DataInput],
    ) -> None:
        self._document, self._root = definition.document["steps"], Path(definition.root)
        self._steps, self._parameters, self._data = steps, parameters, data

    def parameters(self) -> dict[str, Any]:
        """Open parameters with the values in force."""
        names = {name for step in self._document for name in arguments.open_names(step)}
        return {name: value for name, value in self._parameters.items() if name in names}

    def fixed(self) -> list[str]:
        """The parameters that are used where Azure takes no parameter of a pipeline."""
        used = {name for _, text in texts(self._document)
                for kind, name in references(text) if kind == "parameters"}  # fmt: skip
        return sorted(used - self.parameters().keys())

    def data(self) -> dict[str, str]:
        """Open data, and how they are read: as `files` or as `rows`.

        AutoML takes no parameter for its data, data that are read in two ways would be two parameters, and
        Azure has one list of names for parameters and data.
        """
        found: dict[str, set[str]] = {}
        for step in self._steps:
            for port, text in step.inputs.items():
                source, name = source_of(text)
                if source == "data":
                    found.setdefault(name, set()).add(self._read_as(step, port, name))
        single = {name: next(iter(ways)) for name, ways in found.items() if len(ways) == 1}
        return {n: way for n, way in single.items() if way != "automl" and n not in self._parameters}

    def _read_as(self, step: Step, port: str, name: str) -> str:
        if isinstance(step, AutoMLStep):
            return "automl"
        is_cut = isinstance(step, BatchStep) and port == tables.read_input(step)
        return "rows" if is_cut and not self._is_folder(self._data[name]) else "files"

    def _is_folder(self, given: DataInput) -> bool:
        path = self._root / Path(given.path or "").expanduser()
        return bool(given.model) or (bool(given.path) and path.is_dir())

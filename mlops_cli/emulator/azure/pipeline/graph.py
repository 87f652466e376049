"""A submitted graph: its steps, what they wait for, and the values of their parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mlops_cli.emulator.azure.pipeline.intermediate import blocks_of
from mlops_cli.emulator.azure.pipeline.modules import RUN_AFTER_INPUT, Modules
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document

ASSIGNED = {
    "ParameterAssignments": "Parameters",
    "DataPathAssignments": "DataPathParameters",
    "DataSetDefinitionValueAssignments": "DataPathParameterList",
}
"""What a run may be given, and where the graph's interface declares it."""


class Source(NamedTuple):
    """What goes into a port: an output of another step, a saved dataset, or a path of a datastore.

    `blocks` say how the output of a step is read as a dataset; `is_dataset` is set also where it is mounted as one.
    """

    port: str
    step: str | None = None
    output: str | None = None
    dataset: Document | None = None
    path: Document | None = None
    blocks: tuple[Document, ...] = ()
    is_dataset: bool = False


class Step(NamedTuple):
    """A node of the graph. `parameters` are resolved; `module` is what `modules.py` keeps."""

    id: str
    node: Document
    module: Document
    parameters: dict[str, str]
    sources: list[Source]

    @property
    def name(self) -> str:
        return str(self.module["Name"])

    @property
    def interface(self) -> Document:
        found: Document = self.module.get("StructuredInterface") or {}
        return found

    def waits_for(self) -> set[str]:
        return {source.step for source in self.sources if source.step}

    def port(self, name: str) -> Document:
        """An input of the module."""
        return next((port for port in self.interface.get("Inputs") or [] if port["Name"] == name), {})

    def setting(self, output: str) -> Document:
        """What node and module say of an output; the node wins."""
        ports = [port for port in self.interface.get("Outputs") or [] if port["Name"] == output]
        settings = [one for one in self.node.get("ModuleOutputSettings") or [] if one.get("Name") == output]
        merged: Document = {}
        for found in (*ports, *settings):
            merged |= {key: value for key, value in found.items() if value is not None}
        return merged

    def outputs(self) -> list[str]:
        ports = self.interface.get("Outputs") or []
        return [port["Name"] for port in ports if not port.get("SkipProcessing")]


class Graph:
    """The graph of a run with its assignments over the defaults of the graph's interface."""

    def __init__(self, posted: Document, interface: Document, run: Document, modules: Modules) -> None:
        self._posted = posted
        self._modules = modules
        self.values, self.paths, self.datasets = assigned(interface, run).values()
        self._data = {node["Id"]: node for node in posted.get("DatasetNodes") or []}
        self.steps = {node["Id"]: self._step(node) for node in posted.get("ModuleNodes") or []}

    def _step(self, node: Document) -> Step:
        module = self._modules.get(node.get("ModuleId") or "")
        if module is None:
            raise bad_request(f"The module {node.get('ModuleId')} of node {node['Id']} does not exist.")
        interface = module.get("StructuredInterface") or {}
        parameters = {}
        for given in [*(interface.get("Parameters") or []), *(interface.get("MetadataParameters") or [])]:
            if given.get("DefaultValue") is not None:
                parameters[given["Name"]] = str(given["DefaultValue"])
        assigned = [*(node.get("ModuleParameters") or []), *(node.get("ModuleMetadataParameters") or [])]
        for given in assigned:
            if given.get("Value") is not None:
                parameters[given["Name"]] = self._value(given)
        return Step(node["Id"], node, module, parameters, list(self._sources(node["Id"])))

    def _value(self, given: Document) -> str:
        if str(given.get("ValueType")) in ("1", "GraphParameterName"):
            return str(self.values.get(given["Value"], ""))
        return str(given["Value"])

    def _sources(self, node_id: str) -> Iterator[Source]:
        for edge in self._posted.get("Edges") or []:
            source, target = edge["SourceOutputPort"], edge["DestinationInputPort"]
            if target.get("NodeId") == node_id:
                yield self._source(source, target)

    def _source(self, source: Document, target: Document) -> Source:
        port, data = target["PortName"], self._data.get(source["NodeId"])
        if data is None:
            output = None if port.startswith(RUN_AFTER_INPUT) else source["PortName"]
            promoted = self._registration(source) is not None
            return Source(port, source["NodeId"], output, None, None, self._blocks(source, target), promoted)
        if name := data.get("DataPathParameterName"):
            return Source(port, path=self.paths.get(name))
        if data.get("DatasetId"):
            return Source(port, path={"DataSourceId": data["DatasetId"]})
        definition = data.get("DataSetDefinition") or {}
        name = definition.get("ParameterName")
        return Source(port, dataset=self._dataset(name) if name else definition.get("Value"))

    def _dataset(self, name: str) -> Document:
        found: Document | None = self.datasets.get(name)
        if found is None:
            why = "Clients send the default of one only if it stands in the arguments of a step as well."
            raise bad_request(f"The dataset parameter '{name}' has no value. {why}")
        return found

    def _blocks(self, source: Document, target: Document) -> tuple[Document, ...]:
        """What the output has been said to be, then what is done with it at the input."""
        both = (self._registration(source) or {}, self._setting(target, "ModuleInputSettings"))
        return tuple(block for one in both for block in blocks_of(one.get("AdditionalTransformations")))

    def _registration(self, output: Document) -> Document | None:
        """Empty for an output that is read as a dataset and has no name as one; None for plain files."""
        return self._setting(output, "ModuleOutputSettings").get("DatasetRegistration")

    def _setting(self, end: Document, kind: str) -> Document:
        nodes = [node for node in self._posted.get("ModuleNodes") or [] if node["Id"] == end["NodeId"]]
        found = [one for node in nodes for one in node.get(kind) or [] if one.get("Name") == end["PortName"]]
        return found[0] if found else {}

    def named_output(self, name: str) -> tuple[str, str] | None:
        """Node and port of a pipeline output."""
        for edge in self._posted.get("Edges") or []:
            if edge["DestinationInputPort"].get("GraphPortName") == name:
                source = edge["SourceOutputPort"]
                return source["NodeId"], source["PortName"]
        return None


def _values(declared: list[Document] | None, assigned: Document | None) -> Document:
    defaults = {one["Name"]: one.get("DefaultValue") for one in declared or []}
    return defaults | (assigned or {})


def assigned(interface: Document, given: Document) -> Document:
    """All three kinds of values with the defaults of the graph's interface."""
    return {kind: _values(interface.get(names), given.get(kind)) for kind, names in ASSIGNED.items()}


def with_paths(document: Document) -> Document:
    """A run or a published pipeline as clients read it: paths of datastores are `store/path` among its values."""
    paths = {
        name: f"{path.get('DataStoreName')}/{path.get('RelativePath') or ''}"
        for name, path in (document.get("DataPathAssignments") or {}).items()
        if isinstance(path, dict)
    }
    return document | {"ParameterAssignments": (document.get("ParameterAssignments") or {}) | paths}


def completed(interface: Document, graph: Document) -> Document:
    """The interface with the dataset parameters that clients leave out: those that only data nodes name."""
    declared = interface.get("DataPathParameterList") or []
    named = [
        (node.get("DataSetDefinition") or {}).get("ParameterName") for node in graph.get("DatasetNodes") or []
    ]
    missing = {name for name in named if name} - {one["Name"] for one in declared}
    added = [{"Name": name, "DefaultValue": None, "IsOptional": False} for name in sorted(missing)]
    return interface | {"DataPathParameterList": [*declared, *added]}


def as_declared(interface: Document, given: Document) -> Document:
    """What a run is given, under the names of the graph's parameters: callers may write them in any case.

    Values of parameters that the graph does not have are passed over, as Azure does.
    """
    renamed = dict(given)
    for kind, declared in ASSIGNED.items():
        names = {one["Name"].lower(): one["Name"] for one in interface.get(declared) or []}
        if isinstance(given.get(kind), dict):
            exact, values = set(names.values()), given[kind]
            renamed[kind] = {
                name if name in exact else names.get(name.lower(), name): value
                for name, value in values.items()
                if kind != "ParameterAssignments" or name.lower() in names
            }
    return renamed


def check_assignments(interface: Document, given: Document) -> None:
    """Raises ApiError 400 for a data path or a dataset that the pipeline has no parameter for."""
    for kind, declared in ASSIGNED.items():
        names = {one["Name"] for one in interface.get(declared) or []}
        unknown = sorted(set(given.get(kind) or {}) - names)
        if unknown:
            known = ", ".join(sorted(names)) or "none"
            raise bad_request(f"Unknown parameter '{unknown[0]}' in {kind}; the pipeline has: {known}.")

"""Pipeline runs: a graph on its way, with the state of every node."""

from __future__ import annotations

import datetime
import graphlib
import uuid

import msgspec

from mlops_cli.emulator.azure.history.experiments import Experiments
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.pipeline import clock
from mlops_cli.emulator.azure.pipeline.expressions import Context, resolved
from mlops_cli.emulator.azure.pipeline.graph import (
    ASSIGNED,
    Graph,
    as_declared,
    check_assignments,
    completed,
    with_paths,
)
from mlops_cli.emulator.azure.pipeline.modules import Modules
from mlops_cli.emulator.azure.pipeline.sources import name_datasets
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

STATUS = {
    "NotStarted": "NotStarted", "Preparing": "Running", "Queued": "Running", "Running": "Running",
    "CancelRequested": "Running", "Completed": "Finished", "Failed": "Failed", "Canceled": "Canceled",
}  # fmt: skip

_READERS: dict[str, type[int] | type[float]] = {"0": int, "Int": int, "1": float, "Double": float}


class PipelineRuns:
    """The pipeline runs of one workspace. Keys that begin with `_` are the emulator's own.

    `_nodes` maps a node to {status, run, outputs: {port: {store, path}}, reused}.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._documents = workspace.collection("pipeline-runs")
        self._graphs = workspace.collection("pipeline-graphs")
        self.active = workspace.collection("pipeline-active")

    def add_graph(self, graph: Document, interface: Document) -> str:
        graph_id = str(uuid.uuid4())
        name_datasets(self._workspace, graph)
        interface = completed(interface, graph)
        kept = {"Id": graph_id, "Graph": graph | {"Id": graph_id}, "Interface": interface}
        self._graphs.put(graph_id, kept)
        return graph_id

    def graph_document(self, graph_id: str) -> Document | None:
        """{Graph, Interface} as they were posted."""
        return self._graphs.get(graph_id)

    def create(
        self, graph_id: str, experiment: str, given: Document, user: Document | None, **fields: object
    ) -> Document:
        """A run that is not yet submitted. Raises ApiError 400 for parameters that the graph does not have."""
        kept = self._graphs.get(graph_id)
        assert kept is not None, "the graph was just added or published"
        given = as_declared(kept["Interface"], given)
        check_assignments(kept["Interface"], given)
        run_id = str(uuid.uuid4())
        document = {
            "Id": run_id,
            "GraphId": graph_id,
            "Description": given.get("Description"),
            "RunHistoryExperimentName": experiment,
            "RunSource": given.get("RunSource"),
            "RunType": given.get("RunType") or "HTTP",
            "StepTags": given.get("StepTags") or {},
            "EntityStatus": "Active",
            "CreatedDate": now(),
            "TotalRunSteps": len(kept["Graph"].get("ModuleNodes") or []),
            **{name: given.get(name) or {} for name in ASSIGNED},
            "_nodes": {},
            **fields,
        }
        context = self._context(document, user)
        document["ParameterAssignments"] = resolved(given.get("ParameterAssignments") or {}, context)
        graph = Graph(kept["Graph"], kept["Interface"], document, Modules(self._workspace))
        _check_order(graph)
        _check_values(kept["Interface"], graph)
        document |= dict(zip(ASSIGNED, (graph.values, graph.paths, graph.datasets), strict=True))
        document["_nodes"] = {node: {"status": "NotStarted", "outputs": {}} for node in graph.steps}
        self._make_history(experiment, document, graph, given, user)
        return self._documents.put(run_id, document)

    def _context(self, document: Document, user: Document | None) -> Context:
        scheduled = document.get("_scheduled")
        moment = datetime.datetime.fromisoformat(scheduled) if scheduled else None
        name = str((user or {}).get("userName") or "")
        return Context(document["Id"], name, clock.now(self._workspace.state), moment)

    def _make_history(
        self, experiment: str, document: Document, graph: Graph, given: Document, user: Document | None
    ) -> None:
        parameters = msgspec.json.encode(graph.values).decode()
        properties = {
            "azureml.runsource": "azureml.PipelineRun",
            "runSource": document["RunSource"] or "Unavailable",
            "runType": document["RunType"],
            "azureml.parameters": parameters,
            "azureml.continue_on_step_failure": str(bool(document.get("_continue"))),
            "azureml.continue_on_failed_optional_input": "True",
            "azureml.pipelineComponent": "pipelinerun",
        }
        if document.get("PipelineId"):
            properties["azureml.pipelineid"] = document["PipelineId"]
        posted = {
            "runType": "azureml.PipelineRun",
            "status": "NotStarted",
            "properties": properties | (given.get("Properties") or {}),
            "tags": given.get("tags") or {},
            "displayName": given.get("Description") or document["Id"],
        }
        Runs(self._workspace).patch(
            Experiments(self._workspace).ensure(experiment), document["Id"], posted, user
        )

    def submit(self, run_id: str, parent: str | None = None) -> None:
        """Let the run begin, as a child of `parent` where one is given. Asked again, nothing happens."""
        runs = Runs(self._workspace)
        run = runs.get(run_id)
        if run is None or run["status"] != "NotStarted":
            return
        if parent:
            runs.adopt(run_id, parent)
        self.active.put(run_id, {"id": run_id})
        runs.change(run_id, lambda document: document.update(_executor="pipeline"))
        runs.set_status(run_id, "Running")

    def get(self, run_id: str) -> Document | None:
        return self._documents.get(run_id)

    def put(self, document: Document) -> None:
        self._documents.put(document["Id"], document)

    def all(self) -> list[Document]:
        """Newest first."""
        return self._documents.all(newest_first=True)

    def graph(self, document: Document) -> Graph:
        """The run's graph with its values."""
        kept = self._graphs.get(document["GraphId"])
        assert kept is not None, "graphs are never removed"
        return Graph(kept["Graph"], kept["Interface"], document, Modules(self._workspace))

    def shown(self, document: Document) -> Document:
        """What clients see of a run."""
        run = Runs(self._workspace).get(document["Id"])
        status = {"StatusCode": STATUS[run["status"]] if run else "NotStarted"}
        if run:
            status |= {"CreationTime": run["createdUtc"], "EndTime": run["endTimeUtc"]}
        own = {key: value for key, value in document.items() if not key.startswith("_")}
        return with_paths(own) | {"Status": status}


def _check_order(graph: Graph) -> None:
    """Raises ApiError 400 for steps that wait for each other: such a run would never begin."""
    try:
        graphlib.TopologicalSorter({step.id: step.waits_for() for step in graph.steps.values()}).prepare()
    except graphlib.CycleError as error:
        names = " -> ".join(graph.steps[node].name for node in error.args[1])
        raise bad_request(f"The steps of the pipeline wait for each other: {names}.") from None


def _check_values(interface: Document, graph: Graph) -> None:
    """Raises ApiError 400 that names a parameter whose value does not fit its type."""
    for declared in interface.get("Parameters") or []:
        read, value = _READERS.get(str(declared.get("Type"))), graph.values[declared["Name"]]
        if read is None or value is None or str(value).lower() in ("true", "false"):
            continue
        try:
            read(str(value))
        except ValueError:
            what = f"Parameter '{declared['Name']}' must be of type {read.__name__}, not '{value}'."
            raise bad_request(what) from None

"""Published pipelines, and endpoints: a name in front of versions of which one is the default."""

from __future__ import annotations

import uuid

from mlops_cli.emulator.azure.history.experiments import allowed_name
from mlops_cli.emulator.azure.pipeline.graph import (
    ASSIGNED,
    as_declared,
    assigned,
    check_assignments,
    completed,
)
from mlops_cli.emulator.azure.pipeline.runs import PipelineRuns
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import bad_request, conflict, not_found
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

STATUS = {"0": "Active", "1": "Deprecated", "2": "Disabled"}


def base_url(workspace: Workspace) -> str:
    return f"{workspace.api}/pipelines/v1.0{workspace.arm_path}"


def _without_regeneration(graph: Document) -> Document:
    """regenerate_outputs is for one run: what is published from it takes over again what was done."""
    nodes = [node | {"RegenerateOutput": None} for node in graph.get("ModuleNodes") or []]
    return graph | {"ModuleNodes": nodes}


class PublishedPipelines:
    """The published pipelines of one workspace, as clients see them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._documents = workspace.collection("published-pipelines")

    def create(self, posted: Document) -> Document:
        """Publish a graph. Raises ApiError 400 for assignments that the graph does not have."""
        graph = _without_regeneration(posted.get("Graph") or {})
        interface = completed(posted.get("GraphInterface") or {}, graph)
        check_assignments(interface, posted)
        pipeline_id = str(uuid.uuid4())
        document = {key: value for key, value in posted.items() if key not in ("Graph", "GraphInterface")}
        return self._documents.put(pipeline_id, document | assigned(interface, posted) | {
            "Id": pipeline_id,
            "GraphId": PipelineRuns(self._workspace).add_graph(graph, interface),
            "EntityStatus": "Active",
            "TotalRunSteps": len(graph.get("ModuleNodes") or []),
            "CreatedDate": now(),
            "LastModifiedDate": now(),
            "Url": f"{base_url(self._workspace)}/PipelineRuns/PipelineSubmit/{pipeline_id}",
        })  # fmt: skip

    def get(self, pipeline_id: str) -> Document:
        """Raises ApiError 404."""
        found = self._documents.get(pipeline_id)
        if found is None:
            raise not_found(f"Pipeline {pipeline_id} was not found.")
        return found

    def all(self, *, active_only: bool) -> list[Document]:
        """Newest first."""
        found = self._documents.all(newest_first=True)
        return [one for one in found if one["EntityStatus"] == "Active" or not active_only]

    def set_status(self, pipeline_id: str, status: str) -> Document:
        self.get(pipeline_id)
        change = {"EntityStatus": STATUS.get(status, status), "LastModifiedDate": now()}
        changed = self._documents.change(pipeline_id, lambda document: document.update(change))
        assert changed is not None, "the pipeline was just found"
        return changed

    def submit(
        self,
        pipeline_id: str,
        given: Document,
        user: Document | None,
        parent: str | None = None,
        **fields: object,
    ) -> Document:
        """Start a run of the pipeline. Raises ApiError 404, 409 for a disabled one, 400 for its parameters."""
        pipeline = self.get(pipeline_id)
        if pipeline["EntityStatus"] == "Disabled":
            raise conflict(f"Pipeline {pipeline_id} is disabled.")
        runs = PipelineRuns(self._workspace)
        graph = runs.graph_document(pipeline["GraphId"])
        assert graph is not None, "graphs are never removed"
        given = as_declared(graph["Interface"], given)
        given = given | {name: _merged(pipeline, given, name) for name in ASSIGNED}
        goes_on = given.get("ContinueRunOnStepFailure")
        if goes_on is None:
            goes_on = pipeline.get("ContinueRunOnStepFailure")
        experiment = given.get("ExperimentName") or allowed_name(pipeline.get("Name") or "")
        made = runs.create(
            pipeline["GraphId"], experiment, given, user,
            PipelineId=pipeline_id, _continue=bool(goes_on), **fields,
        )  # fmt: skip
        runs.submit(made["Id"], parent)
        return runs.shown(made)


def _merged(pipeline: Document, given: Document, name: str) -> Document:
    own, override = pipeline.get(name) or {}, given.get(name) or {}
    if not isinstance(override, dict):
        raise bad_request(f"{name} must be an object.")
    return own | override


class PipelineEndpoints:
    """The pipeline endpoints of one workspace. A name is taken once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._documents = workspace.collection("pipeline-endpoints")

    def create(self, posted: Document) -> Document:
        """Raises ApiError 409 for a name that is taken, 404 for an unknown pipeline."""
        PublishedPipelines(self._workspace).get(posted["PipelineId"])
        with self._workspace.state.transaction():
            if any(one["Name"] == posted["Name"] for one in self._documents.all()):
                raise conflict(f"PipelineEndpoint with name {posted['Name']} already exists.")
            endpoint_id = str(uuid.uuid4())
            base = base_url(self._workspace)
            return self._documents.put(endpoint_id, {
                "Id": endpoint_id,
                "Name": posted["Name"],
                "Description": posted.get("Description"),
                "DefaultVersion": "0",
                "PipelineVersionList": [{"PipelineId": posted["PipelineId"], "Version": "0"}],
                "EntityStatus": "Active",
                "Url": f"{base}/PipelineRuns/PipelineEndpointSubmit/Id/{endpoint_id}",
                "SwaggerUrl": f"{base}/PipelineEndpoints/{endpoint_id}/swagger",
                "Etag": str(uuid.uuid4()),
                "CreatedDate": now(),
                "LastModifiedDate": now(),
                "Properties": posted.get("Properties") or {},
                "tags": posted.get("tags") or {},
            })  # fmt: skip

    def get(self, endpoint_id: str) -> Document:
        """Raises ApiError 404."""
        found = self._documents.get(endpoint_id)
        if found is None:
            raise not_found(f"PipelineEndpoint {endpoint_id} was not found.")
        return found

    def by_name(self, name: str) -> Document:
        """Raises ApiError 404."""
        found = next((one for one in self._documents.all() if one["Name"] == name), None)
        if found is None:
            raise not_found(f"PipelineEndpoint with name {name} was not found.")
        return found

    def all(self, *, active_only: bool) -> list[Document]:
        found = self._documents.all(newest_first=True)
        return [one for one in found if one["EntityStatus"] == "Active" or not active_only]

    def update(self, endpoint_id: str, posted: Document) -> Document:
        """Replace what a client may change. Raises ApiError 409 when another client has changed it since."""
        with self._workspace.state.transaction():
            known = self.get(endpoint_id)
            if posted.get("Etag") and posted["Etag"] != known["Etag"]:
                raise conflict(f"PipelineEndpoint {known['Name']} has been changed by somebody else.")
            versions = posted.get("PipelineVersionList") or known["PipelineVersionList"]
            default = str(posted.get("DefaultVersion") or known["DefaultVersion"])
            if default not in {str(one["Version"]) for one in versions}:
                raise bad_request(f"PipelineEndpoint {known['Name']} has no version {default}.")
            changed = {k: posted[k] for k in ("Name", "Description", "tags") if posted.get(k) is not None}
            status = str(posted.get("EntityStatus") or known["EntityStatus"])
            return self._documents.put(endpoint_id, known | changed | {
                "PipelineVersionList": versions,
                "DefaultVersion": default,
                "EntityStatus": STATUS.get(status, status),
                "Etag": str(uuid.uuid4()),
                "LastModifiedDate": now(),
            })  # fmt: skip

    def pipeline(self, endpoint: Document, version: str | None) -> str:
        """The pipeline behind a version, or behind the default. Raises ApiError 404, 409 when it is disabled."""
        if endpoint["EntityStatus"] == "Disabled":
            raise conflict(f"PipelineEndpoint {endpoint['Name']} is disabled.")
        wanted = version or endpoint["DefaultVersion"]
        for one in endpoint["PipelineVersionList"]:
            if str(one["Version"]) == str(wanted):
                return str(one["PipelineId"])
        raise not_found(f"PipelineEndpoint {endpoint['Name']} has no version {wanted}.")

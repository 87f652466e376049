"""Pipelines: drafts."""

from __future__ import annotations

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.pipeline import ticker
from mlops_cli.emulator.azure.pipeline.drafts import Drafts
from mlops_cli.emulator.azure.pipeline.graph import ASSIGNED, with_paths
from mlops_cli.emulator.azure.pipeline.published import PublishedPipelines
from mlops_cli.emulator.azure.pipeline.routes import BASE, service
from mlops_cli.emulator.azure.pipeline.runs import PipelineRuns
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.users import created_by
from mlops_cli.emulator.wire.messages import Response

DRAFT, GRAPH = BASE + "/PipelineDrafts/{draft}", BASE + "/GraphDrafts/{graph}"


@service.route("POST", BASE + "/GraphDrafts", "PipelineDraft.create")
def create_graph(call: Call) -> Document:
    return Drafts(call.workspace).create_graph(call.document)


@service.route("GET", GRAPH, "PipelineDraft.get_graph, update, delete")
def get_graph(call: Call) -> Document:
    return Drafts(call.workspace).graph(call["graph"])


@service.route("PUT", GRAPH, "PipelineDraft.update(pipeline=)")
def update_graph(call: Call) -> Document:
    return Drafts(call.workspace).update_graph(call["graph"], call.document)


@service.route("DELETE", GRAPH, "PipelineDraft.delete")
def delete_graph(call: Call) -> Response:
    Drafts(call.workspace).delete_graph(call["graph"])
    return Response(200)


@service.route("POST", BASE + "/PipelineDrafts/Create", "PipelineDraft.create")
def create(call: Call) -> Document:
    return Drafts(call.workspace).create(call.document)


@service.route("POST", BASE + "/PipelineDrafts", "PipelineDraft.list")
def all_drafts(call: Call) -> list[Document]:
    return Drafts(call.workspace).all(call.any_document or {})


@service.route("GET", DRAFT, "PipelineDraft.get")
def get(call: Call) -> Document:
    return Drafts(call.workspace).shown(call["draft"])


@service.route("PUT", DRAFT, "PipelineDraft.update")
def update(call: Call) -> Document:
    return Drafts(call.workspace).update(call["draft"], call.document)


@service.route("DELETE", DRAFT, "PipelineDraft.delete")
def delete(call: Call) -> Response:
    Drafts(call.workspace).delete(call["draft"])
    return Response(200)


@service.route("GET", BASE + "/PipelineDrafts/Clone/{draft}", "PipelineDraft.create(pipeline=draft)")
def clone(call: Call) -> Document:
    return Drafts(call.workspace).clone(call["draft"])


@service.route(
    "GET", BASE + "/PipelineDrafts/ClonePublished/{pipeline}", "PipelineDraft.create(pipeline=published)"
)
def clone_published(call: Call) -> Document:
    found = PublishedPipelines(call.workspace).get(call["pipeline"])
    fields = {"Name": found.get("Name"), "ParentPipelineId": found["Id"]}
    return Drafts(call.workspace).of_graph_id(found["GraphId"], fields | _told(found, found.get("Name")))


@service.route("GET", BASE + "/PipelineDrafts/ClonePipelineRun/{run}", "PipelineDraft.create(pipeline=run)")
def clone_run(call: Call) -> Document:
    found = PipelineRuns(call.workspace).get(call["run"])
    if found is None:
        raise errors.not_found(f"Pipeline run {call['run']} was not found.")
    fields = {"Name": found.get("Description") or found["Id"], "ParentPipelineRunId": found["Id"]}
    told = _told(found, found["RunHistoryExperimentName"])
    return Drafts(call.workspace).of_graph_id(found["GraphId"], fields | told)


def _told(document: Document, experiment: str | None) -> Document:
    assigned = {name: document.get(name) or {} for name in ASSIGNED}
    return {"PipelineSubmissionInfo": {"ExperimentName": experiment, **assigned}}


@service.route("POST", BASE + "/PipelineRuns/PipelineDraftSubmit", "PipelineDraft.submit_run")
def submit(call: Call) -> Document:
    drafts, runs = Drafts(call.workspace), PipelineRuns(call.workspace)
    draft = drafts.get(call.document["Id"])
    given = draft.get("PipelineSubmissionInfo") or {}
    made = runs.create(
        runs.add_graph(*drafts.fixed(draft)), given.get("ExperimentName") or "Default", given, created_by(call),
        _continue=bool(given.get("ContinueRunOnStepFailure")),
    )  # fmt: skip
    runs.submit(made["Id"], call.query.get("parentrunid"))
    drafts.update(draft["Id"], {"LastSubmittedPipelineRunId": made["Id"]})
    ticker.ensure(call.app, call.workspace)
    return runs.shown(made)


@service.route("POST", BASE + "/Pipelines/PipelineDraftCreate", "PipelineDraft.publish")
def publish(call: Call) -> Document:
    drafts = Drafts(call.workspace)
    draft = drafts.get(call.document["Id"])
    graph, interface = drafts.fixed(draft)
    given = draft.get("PipelineSubmissionInfo") or {}
    fields = {name: given.get(name) or {} for name in ASSIGNED}
    named = {"Name": draft.get("Name"), "Description": draft.get("Description"), "Version": "1.0"}
    posted = named | fields | {"Graph": graph, "GraphInterface": interface}
    return with_paths(PublishedPipelines(call.workspace).create(posted))

"""Pipelines: publishing, endpoints, and the calls by which anybody with a token starts a run."""

from __future__ import annotations

from mlops_cli.emulator.azure.pipeline import ticker
from mlops_cli.emulator.azure.pipeline.by_hand import as_posted
from mlops_cli.emulator.azure.pipeline.graph import with_paths
from mlops_cli.emulator.azure.pipeline.published import PipelineEndpoints, PublishedPipelines
from mlops_cli.emulator.azure.pipeline.routes import BASE, service
from mlops_cli.emulator.azure.pipeline.runs import PipelineRuns
from mlops_cli.emulator.azure.pipeline.swagger import swagger
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.users import created_by

PIPELINE, ENDPOINT = BASE + "/Pipelines/{pipeline}", BASE + "/PipelineEndpoints/{endpoint}"
ENDPOINT_SUBMIT = BASE + "/PipelineRuns/PipelineEndpointSubmit"
VERSION = "pipelineversion"


def _active_only(call: Call) -> bool:
    return call.query.get("activeonly", "false").lower() == "true"


@service.route("POST", BASE + "/Pipelines/Create", "Pipeline.publish, PipelineRun.publish_pipeline")
def publish(call: Call) -> Document:
    return with_paths(PublishedPipelines(call.workspace).create(call.document))


@service.route("GET", BASE + "/Pipelines", "PublishedPipeline.list")
def all_published(call: Call) -> list[Document]:
    found = PublishedPipelines(call.workspace).all(active_only=_active_only(call))
    return [with_paths(one) for one in found]


@service.route("GET", PIPELINE, "PublishedPipeline.get")
def get_published(call: Call) -> Document:
    return with_paths(PublishedPipelines(call.workspace).get(call["pipeline"]))


@service.route("PUT", PIPELINE + "/status", "PublishedPipeline.enable, disable")
def set_status(call: Call) -> Document:
    published = PublishedPipelines(call.workspace)
    return with_paths(published.set_status(call["pipeline"], str(call.any_document)))


@service.route("POST", BASE + "/PipelineRuns/PipelineSubmit/{pipeline}", "PublishedPipeline.submit, REST")
def submit(call: Call) -> Document:
    return _submitted(call, call["pipeline"])


@service.route("GET", BASE + "/PipelineRuns/Pipeline/{pipeline}", "PipelineRun.get_pipeline_runs")
def runs(call: Call) -> list[Document]:
    found = PipelineRuns(call.workspace)
    return [found.shown(run) for run in found.all() if run.get("PipelineId") == call["pipeline"]]


@service.route("POST", BASE + "/PipelineEndpoints/Create", "PipelineEndpoint.publish")
def create_endpoint(call: Call) -> Document:
    return PipelineEndpoints(call.workspace).create(call.document)


@service.route("GET", BASE + "/PipelineEndpoints", "PipelineEndpoint.list")
def all_endpoints(call: Call) -> list[Document]:
    """At most as many as the header BatchSize says."""
    most = call.request.headers.get("batchsize", "")
    found = PipelineEndpoints(call.workspace).all(active_only=_active_only(call))
    return found[: int(most)] if most.isdecimal() else found


@service.route("GET", BASE + "/PipelineEndpoints/Id/{endpoint}", "PipelineEndpoint.get(id=)")
def get_endpoint(call: Call) -> Document:
    return PipelineEndpoints(call.workspace).get(call["endpoint"])


@service.route("GET", BASE + "/PipelineEndpoints/Name", "PipelineEndpoint.get(name=)")
def endpoint_by_name(call: Call) -> Document:
    return PipelineEndpoints(call.workspace).by_name(call.query.get("name", ""))


@service.route("PUT", ENDPOINT, "PipelineEndpoint.add, add_default, set_default_version, enable, disable")
def update_endpoint(call: Call) -> Document:
    return PipelineEndpoints(call.workspace).update(call["endpoint"], call.document)


@service.route("GET", ENDPOINT + "/pipelines", "PipelineEndpoint.list_pipelines")
def pipelines_of_endpoint(call: Call) -> list[Document]:
    endpoint = PipelineEndpoints(call.workspace).get(call["endpoint"])
    published = PublishedPipelines(call.workspace)
    found = [published.get(one["PipelineId"]) for one in endpoint["PipelineVersionList"]]
    return [with_paths(one) for one in found if one["EntityStatus"] == "Active" or not _active_only(call)]


@service.route("GET", ENDPOINT + "/swagger", "PipelineEndpoint.swaggerurl")
def describe_endpoint(call: Call) -> Document:
    endpoints = PipelineEndpoints(call.workspace)
    endpoint = endpoints.get(call["endpoint"])
    published = PublishedPipelines(call.workspace).get(endpoints.pipeline(endpoint, None))
    graph = PipelineRuns(call.workspace).graph_document(published["GraphId"])
    assert graph is not None, "graphs are never removed"
    return swagger(endpoint, graph["Interface"])


@service.route("POST", ENDPOINT_SUBMIT + "/Id/{endpoint}", "PipelineEndpoint.submit, REST")
@service.route("POST", ENDPOINT_SUBMIT + "/Id/{endpoint}/{version}", "the same, of a version")
def submit_endpoint(call: Call) -> Document:
    endpoints = PipelineEndpoints(call.workspace)
    return _submitted(call, endpoints.pipeline(endpoints.get(call["endpoint"]), _version(call)))


@service.route("POST", ENDPOINT_SUBMIT + "/Name", "the same, by name: REST")
def submit_endpoint_by_name(call: Call) -> Document:
    endpoints = PipelineEndpoints(call.workspace)
    found = endpoints.by_name(call.query.get("name", ""))
    return _submitted(call, endpoints.pipeline(found, _version(call)))


def _version(call: Call) -> str | None:
    """In the path or the query, as the SDK says it, in a header or in the body; None: the default."""
    body = {name.lower(): value for name, value in call.document.items()}
    places = (
        call.params.get("version"),
        call.query.get(VERSION),
        call.request.headers.get(VERSION),
        body.get(VERSION),
    )
    found = next((place for place in places if place not in (None, "")), None)
    return None if found is None else str(found)


def _submitted(call: Call, pipeline: str) -> Document:
    given = as_posted(call.document)
    parent = call.query.get("parentrunid") or given.get("ParentRunId")
    made = PublishedPipelines(call.workspace).submit(pipeline, given, created_by(call), parent)
    ticker.ensure(call.app, call.workspace)
    return made

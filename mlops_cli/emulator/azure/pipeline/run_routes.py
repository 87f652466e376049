"""Pipelines: runs, their nodes, outputs and logs."""

from __future__ import annotations

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.history import executors
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.pipeline import places, ticker
from mlops_cli.emulator.azure.pipeline.routes import BASE, service
from mlops_cli.emulator.azure.pipeline.runs import PipelineRuns
from mlops_cli.emulator.azure.pipeline.steps import log_of
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.users import created_by
from mlops_cli.emulator.wire.messages import Response

RUN = BASE + "/PipelineRuns/{run}"


def settled_run(call: Call) -> Document:
    """The pipeline run of the path as it is by now. Raises ApiError 404."""
    runs = PipelineRuns(call.workspace)
    if runs.get(call["run"]) is None:
        raise errors.not_found(f"Pipeline run {call['run']} was not found.")
    history = Runs(call.workspace).get(call["run"])
    assert history is not None, "a pipeline run has a run in history"
    executors.settled(call.app, call.workspace, history)
    found = runs.get(call["run"])
    assert found is not None, "pipeline runs are never removed"
    return found


def node_of(call: Call, run: Document) -> str:
    """The node that the body names. Raises ApiError 404."""
    path = call.any_document or []
    if not path or path[-1] not in run["_nodes"]:
        raise errors.not_found(f"The run has no node {path}.")
    return str(path[-1])


@service.route(
    "POST", BASE + "/PipelineRuns/Unsubmitted/CreationInfoWithGraph", "Experiment.submit(Pipeline)"
)
def create(call: Call) -> Document:
    posted, runs = call.document, PipelineRuns(call.workspace)
    given = posted.get("CreationInfo") or {}
    graph = runs.add_graph(posted["Graph"], posted.get("GraphInterface") or {})
    experiment = call.query.get("experimentname") or given.get("RunHistoryExperimentName") or "Default"
    goes_on = given.get("ContinueRunOnStepFailure") or given.get("ContinueExperimentOnNodeFailure")
    made = runs.create(graph, experiment, given, created_by(call), _continue=bool(goes_on))
    return runs.shown(made)


@service.route("POST", BASE + "/PipelineRuns/Submit/{run}", "the same: let it begin")
def submit(call: Call) -> None:
    settled_run(call)
    PipelineRuns(call.workspace).submit(call["run"], call.query.get("parentrunid"))
    ticker.ensure(call.app, call.workspace)


@service.route("GET", RUN, "PipelineRun.get_status, wait_for_completion")
def get(call: Call) -> Document:
    return PipelineRuns(call.workspace).shown(settled_run(call))


@service.route("DELETE", RUN + "/Execution", "PipelineRun.cancel")
@service.route("POST", RUN + "/Cancel", "the same: REST")
def cancel(call: Call) -> Response:
    run = Runs(call.workspace).get(settled_run(call)["Id"])
    if run:
        executors.cancel(call.app, call.workspace, run)
    return Response(200)


@service.route("POST", RUN + "/Graph/Node/StatusCode", "StepRun.get_status, wait_for_completion")
def node_status(call: Call) -> str:
    run = settled_run(call)
    return str(run["_nodes"][node_of(call, run)]["status"])


@service.route("POST", RUN + "/Outputs", "StepRun.get_outputs, get_output_data")
def outputs(call: Call) -> Document:
    run = settled_run(call)
    found = run["_nodes"][node_of(call, run)]["outputs"]
    return {
        port: places.reference(call.workspace, place) for port, place in found.items() if "store" in place
    }


@service.route("GET", RUN + "/PipelineRunOutputs/{output}", "PipelineRun.get_pipeline_output")
def named_output(call: Call) -> Document:
    run = settled_run(call)
    where = PipelineRuns(call.workspace).graph(run).named_output(call["output"])
    place = run["_nodes"][where[0]]["outputs"].get(where[1]) if where else None
    if place is None:
        raise errors.not_found(f"The run has no output {call['output']}.")
    return places.reference(call.workspace, place)


@service.route("POST", RUN + "/Graph/Shareable/{log}", "StepRun.get_stdout_log, get_stderr_log, get_job_log")
def log(call: Call) -> Response:
    """Plain text: both streams of a step are in one log, which is its standard output here."""
    run = settled_run(call)
    state = run["_nodes"][node_of(call, run)]
    own = state.get("reused") or state.get("run")
    text = log_of(call.app, own) if own and call["log"].upper() != "STDERR" else ""
    return Response(200, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


@service.route("GET", BASE + "/Graphs/{graph}", "PipelineRun.get_graph, publish_pipeline")
def graph(call: Call) -> Document:
    found: Document = _graph(call)["Graph"]
    return found


@service.route("GET", BASE + "/Graphs/{graph}/Interface", "the same")
def graph_interface(call: Call) -> Document:
    found: Document = _graph(call)["Interface"]
    return found


def _graph(call: Call) -> Document:
    found = PipelineRuns(call.workspace).graph_document(call["graph"])
    if found is None:
        raise errors.not_found(f"Graph {call['graph']} was not found.")
    return found

"""Run history: runs, their events and details."""

from __future__ import annotations

import datetime

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.artifact.artifacts import Artifacts
from mlops_cli.emulator.azure.history import executors
from mlops_cli.emulator.azure.history.events import apply_event
from mlops_cli.emulator.azure.history.experiment_routes import experiment_for_new_runs, experiment_of, service
from mlops_cli.emulator.azure.history.runs import FINAL, Runs, shown
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.odata import ordered, parse_filter
from mlops_cli.emulator.paging import page
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.tokens import LIFETIME_SECONDS
from mlops_cli.emulator.users import created_by

__all__ = ["service"]

BY_NAME, BY_ID = "/history/v1.0{W}/experiments/{experiment}", "/history/v1.0{W}/experimentids/{experiment_id}"
LOG_FOLDERS = ("user_logs/", "azureml-logs/", "system_logs/", "logs/")


def _runs(call: Call) -> Runs:
    return Runs(call.workspace)


def _run(call: Call) -> Document:
    """The run of the path as it is by now."""
    document = _runs(call).get(call["run"])
    if document is None:
        raise errors.not_found(f"Run {call['run']} was not found.", "UserError")
    return executors.settled(call.app, call.workspace, document)


def _listed(call: Call, found: list[Document], token: str | None, top: object) -> Document:
    settled = [executors.settled(call.app, call.workspace, document) for document in found]
    value, following = page([shown(document) for document in settled], token, str(top) if top else None)
    return {"value": value, "continuationToken": following, "nextLink": None}


@service.route("GET", BY_NAME + "/runs/{run}", "Run(...), get_status, refresh")
@service.route("GET", BY_ID + "/runs/{run}", "the same, by the experiment's id")
@service.route("GET", "/history/v1.0{W}/runs/{run}", "Workspace.get_run, Run.get")
def get_run(call: Call) -> Document:
    return shown(_run(call))


def _keep_properties(known: Document | None, posted: Document) -> None:
    """Refuse another value of a property: unlike tags they are a record."""
    for name, value in (posted.get("properties") or {}).items():
        if known and known["properties"].get(name, value) != value:
            raise errors.bad_request(f"Property {name} of run {known['runId']} exists and cannot be changed.")


@service.route(
    "PATCH", BY_NAME + "/runs/{run}", "Experiment.start_logging, Run.tag, add_properties, child_run"
)
@service.route("PATCH", BY_ID + "/runs/{run}", "the same, by the experiment's id")
def patch_run(call: Call) -> Document:
    known = _runs(call).get(call["run"])
    _keep_properties(known, call.document)
    experiment = experiment_of(call) if known else experiment_for_new_runs(call)
    document = _runs(call).patch(experiment, call["run"], call.document, created_by(call))
    return shown(document)


@service.route("PATCH", BY_NAME + "/batch/runs", "Run.create_children")
def patch_runs(call: Call) -> Document:
    experiment, runs = experiment_of(call), _runs(call)
    made = [
        runs.patch(experiment, posted["runId"], posted, created_by(call))
        for posted in call.document.get("runs") or []
    ]
    return {"runs": {document["runId"]: shown(document) for document in made}, "errors": {}}


@service.route("DELETE", BY_NAME + "/runs/{run}/tags", "Run.remove_tags")
def delete_tags(call: Call) -> Document:
    _run(call)
    return shown(_runs(call).remove_tags(call["run"], call.any_document or []) or {})


@service.route("GET", BY_NAME + "/runs/{run}/children", "Run.get_children")
def children(call: Call) -> Document:
    _run(call)
    wanted = parse_filter(call.query.get("$filter"))
    found = [document for document in _runs(call).children(call["run"]) if wanted(document)]
    found = ordered(found, call.query.get("$orderby"))
    return _listed(call, found, call.query.get("$continuationtoken"), call.query.get("$top"))


@service.route(
    "POST", BY_NAME + "/runs:query", "Experiment.get_runs, Run.get_children(recursive=True), AutoMLRun"
)
def query(call: Call) -> Document:
    asked = call.document
    found = _found(call, asked.get("filter"), asked.get("orderby"))
    return _listed(call, found, asked.get("continuationToken"), asked.get("top"))


@service.route("GET", BY_NAME + "/runs", "REST: the runs of an experiment")
def list_runs(call: Call) -> Document:
    asked = call.query
    found = _found(call, asked.get("$filter"), asked.get("$orderby"))
    return _listed(call, found, asked.get("$continuationtoken"), asked.get("$top"))


def _found(call: Call, wanted: str | None, order: str | None) -> list[Document]:
    runs, experiment_id = _runs(call), experiment_of(call)["experimentId"]
    executors.settle_all(call.app, call.workspace, runs.in_experiment(experiment_id))
    return runs.query(experiment_id, wanted, order)


@service.route("GET", "/history/v1.0{W}/computes/{compute}/runs", "AmlCompute.get_active_runs")
def on_compute(call: Call) -> Document:
    experiments = call.workspace.collection("experiments").all()
    wanted, runs = parse_filter(call.query.get("$filter")), _runs(call)
    found = [
        document
        for experiment in experiments
        for document in runs.in_experiment(experiment["experimentId"])
        if document["target"] == call["compute"] and document["status"] not in FINAL and wanted(document)
    ]
    return _listed(call, found, call.query.get("$continuationtoken"), call.query.get("$top"))


@service.route("GET", BY_NAME + "/runs/{run}/details", "Run.get_details, wait_for_completion, get_portal_url")
@service.route("GET", "/history/v1.0{W}/runs/{run}/details", "the same without the experiment: REST")
def details(call: Call) -> Document:
    run = shown(_run(call))
    artifacts = Artifacts(call.workspace, call.app.identity)
    owner = ("ExperimentRun", run["dataContainerId"])
    logs = [path for path in artifacts.paths(*owner) if path.startswith(LOG_FOLDERS)]
    kept = ("runId", "target", "status", "startTimeUtc", "endTimeUtc", "error", "properties",
            "inputDatasets", "outputDatasets")  # fmt: skip
    return {
        **{key: run[key] for key in kept},
        "warnings": run["warnings"] or None,
        "services": {},
        "runDefinition": run.get("runDefinition"),
        "logFiles": {path: artifacts.location(*owner, path)["contentUri"] for path in logs},
    }


@service.route("POST", BY_NAME + "/runs/{run}/events", "Run.start, complete, fail, cancel")
def event(call: Call) -> None:
    _run(call)
    apply_event(_runs(call), call["run"], call.document)
    executors.after_event(call.app, call.workspace, call["run"])


@service.route("POST", BY_NAME + "/batch/events", "Run.create_children(start_children=True)")
def events(call: Call) -> Document:
    for posted in call.document.get("events") or []:
        apply_event(_runs(call), (posted.get("data") or {}).get("RunId", ""), posted)
    return {"errors": []}


@service.route("GET", BY_NAME + "/runs/{run}/metricsingest/wait", "Run.flush, complete")
def metrics_arrived(call: Call) -> None:
    """Metrics are kept before their post is answered: there is nothing to wait for."""
    _run(call)


@service.route("GET", BY_NAME + "/runs/{run}/token", "renewal of the token of a submitted run")
def token(call: Call) -> Document:
    _run(call)
    expiry = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=LIFETIME_SECONDS)
    return {"token": call.app.tokens.make("https://ml.azure.com"), "expiryTimeUtc": expiry.isoformat()}

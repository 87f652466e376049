"""Run history: experiments."""

from __future__ import annotations

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.history.experiments import Experiments
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.odata import ordered, parse_filter
from mlops_cli.emulator.paging import page
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "history", "Run history", hosts.AML, errors.aml, left_out=("metrics of the SDK before 1.20",)
)
BASE = "/history/v1.0{W}"


def experiment_of(call: Call) -> Document:
    """The experiment that the path names, by name or by id. Raises ApiError 404."""
    experiments = Experiments(call.workspace)
    name, experiment_id = call.params.get("experiment"), call.params.get("experiment_id")
    found = experiments.get(name) if name else experiments.by_id(experiment_id or "")
    if found is None:
        raise errors.not_found(f"Experiment {name or experiment_id} was not found.")
    return found


def experiment_for_new_runs(call: Call) -> Document:
    """The experiment that the path names, another one of its name where that is archived. Raises ApiError 404."""
    return Experiments(call.workspace).ensure(experiment_of(call)["name"])


@service.route("GET", BASE + "/experiments/{experiment}", "Experiment(ws, name)")
@service.route("GET", BASE + "/experimentids/{experiment_id}", "Run.experiment, Workspace.get_run")
def get(call: Call) -> Document:
    return experiment_of(call)


@service.route("POST", BASE + "/experiments/{experiment}", "Experiment(ws, name), at its first use")
def create(call: Call) -> Document:
    return Experiments(call.workspace).ensure(call["experiment"], call.document)


@service.route(
    "PATCH", BASE + "/experimentids/{experiment_id}", "Experiment.tag, set_tags, archive, reactivate"
)
def update(call: Call) -> Document:
    changed = Experiments(call.workspace).change(experiment_of(call)["experimentId"], call.document)
    assert changed is not None, "the experiment was just found"
    return changed


@service.route("POST", BASE + "/experimentids/{experiment_id}/tags:delete", "Experiment.remove_tags")
def delete_tags(call: Call) -> Document:
    Experiments(call.workspace).remove_tags(experiment_of(call), call.document.get("tags") or [])
    return {"errors": {}}


@service.route("DELETE", BASE + "/experimentids/{experiment_id}", "Experiment.delete")
def delete(call: Call) -> Response:
    experiment = experiment_of(call)
    if Runs(call.workspace).in_experiment(experiment["experimentId"]):
        raise errors.conflict("Only experiments without runs can be deleted.")
    Experiments(call.workspace).delete(experiment)
    return Response(200)


@service.route("POST", BASE + "/experiments:query", "Experiment.list, Workspace.experiments")
def query(call: Call) -> Document:
    asked = call.document
    wanted, view = (
        parse_filter(asked.get("filter")),
        asked.get("viewType") or call.query.get("viewtype") or "",
    )
    found = [e for e in Experiments(call.workspace).all() if wanted(e) and _in_view(e, view)]
    value, following = page(
        ordered(found, asked.get("orderby")), asked.get("continuationToken"), asked.get("top")
    )
    return {"value": value, "continuationToken": following, "nextLink": None}


@service.route("GET", BASE + "/experiments", "REST: the experiments of a workspace")
def list_experiments(call: Call) -> Document:
    wanted = parse_filter(call.query.get("$filter"))
    view = call.query.get("viewtype") or ""
    found = [e for e in Experiments(call.workspace).all() if wanted(e) and _in_view(e, view)]
    value, following = page(found, call.query.get("$continuationtoken"), call.query.get("$top"))
    return {"value": value, "continuationToken": following, "nextLink": None}


def _in_view(experiment: Document, view: str) -> bool:
    archived = experiment["archivedTime"] is not None
    return {"all": True, "archivedonly": archived}.get(view.lower(), not archived)

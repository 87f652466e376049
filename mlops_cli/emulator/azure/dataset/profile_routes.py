"""Profiles of tables: statistics that a submitted run of the SDK's own computes and leaves here."""

from __future__ import annotations

import uuid

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.dataset.datasets import Datasets
from mlops_cli.emulator.azure.dataset.routes import BASE, service
from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.paging import paged
from mlops_cli.emulator.state import Collection, Document

__all__ = ["service"]
LOCAL = "local"
PREVIEW = {"generate_preview": "True", "row_count": "1000"}


def _actions(call: Call) -> Collection:
    return call.workspace.collection("dataset-actions")


def _action(call: Call) -> Document:
    found = _actions(call).get(call["action"])
    if found is None:
        raise errors.not_found(f"Action {call['action']} was not found.")
    return found


@service.route("POST", BASE + "/saveddatasets/{id}/profilewithpreview", "TabularDataset.submit_profile_run")
def submit(call: Call) -> Document:
    """On a cluster the run is started here; on the client's own machine the client starts it."""
    query, saved = call.query, call["id"]
    if Datasets(call.workspace).saved(saved) is None:
        raise errors.not_found(f"Dataset {saved} was not found.")
    action: Document = {
        "actionId": str(uuid.uuid4()), "actionType": "profile", "datasetId": str(uuid.UUID(int=0)),
        "computeTarget": query["computetarget"], "experimentName": query.get("experimentname") or "profiles",
        "runId": query.get("runid") or f"dataset_{uuid.uuid4()}", "arguments": PREVIEW,
        "datastoreName": query.get("datastorename"), "resultArtifactIds": [], "createdTime": now(),
        "_saved": saved,
    }  # fmt: skip
    _actions(call).put(action["actionId"], action)
    if action["computeTarget"] != LOCAL:
        words = (action["datasetId"], action["actionId"], saved)
        command = f"python -m azureml.data._profile_run_script {' '.join(words)}"
        posted = {"Configuration": {"command": command, "target": action["computeTarget"]}}
        scripts.submit(call.app, call.workspace, action["experimentName"], action["runId"], posted)
    return _shown(action)


@service.route(
    "POST", BASE + "/datasets/{dataset}/actions/listactionsfromrequest", "TabularDataset.get_profile_runs"
)
def runs_of(call: Call) -> Document:
    saved = call.document.get("savedDatasetId")
    found = [_shown(action) for action in _actions(call).all(newest_first=True) if action["_saved"] == saved]
    return paged(found, call.query.get("continuationtoken"), call.query.get("count"))


@service.route("GET", BASE + "/datasets/{dataset}/actions/{action}", "the run of a profile: what to compute")
def get(call: Call) -> Document:
    return _shown(_action(call))


@service.route(
    "PUT", BASE + "/datasets/{dataset}/actions/{action}/result", "the run of a profile: its result"
)
def put_result(call: Call) -> Document:
    ids = call.document.get("resultArtifactIds") or []
    _actions(call).change(_action(call)["actionId"], lambda action: action.update(resultArtifactIds=ids))
    return _shown(_action(call))


@service.route("POST", BASE + "/datasets/{dataset}/actions/result", "TabularDataset.get_profile")
def result(call: Call) -> Document:
    """The newest result for the table; none where none was computed."""
    saved = call.document.get("savedDatasetId")
    found = (
        a for a in _actions(call).all(newest_first=True) if a["_saved"] == saved and a["resultArtifactIds"]
    )
    action: Document = next(found, {"resultArtifactIds": []})
    kept = ("resultArtifactIds", "experimentName", "runId", "datastoreName")
    return {"isUpToDate": True, "isUpToDateError": None} | {key: action.get(key) for key in kept}


def _shown(action: Document) -> Document:
    return {key: value for key, value in action.items() if not key.startswith("_")}

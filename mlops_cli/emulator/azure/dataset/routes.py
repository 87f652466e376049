"""Datasets, and the newer service that gives their definitions."""

from __future__ import annotations

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.dataset.datasets import Datasets
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.paging import paged
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response

service = Service("dataset", "Datasets", hosts.AML, errors.aml, left_out=("data drift",))
BASE = "/dataset/v1.0{W}"


@service.route("POST", BASE + "/datasets", "Dataset.register")
def register(call: Call) -> Document:
    wanted = call.query.get("updatedefinitionifexists", "").lower() == "true"
    return Datasets(call.workspace).register(call.document, new_version=wanted)


@service.route("GET", BASE + "/datasets", "Workspace.datasets, Dataset.get_all")
def list_datasets(call: Call) -> Document:
    found = Datasets(call.workspace).all()
    return paged(found, call.query.get("continuationtoken"), call.query.get("pagesize"))


@service.route("GET", BASE + "/datasets/query/name={name}", "Dataset.get_by_name")
def by_name(call: Call) -> Document:
    found = Datasets(call.workspace).get(call["name"], call.query.get("versionid"))
    if found is None:
        raise errors.not_found(f"No dataset with name {call['name']} was found.")
    return found


@service.route("GET", BASE + "/datasets/query/savedDatasetId={id}", "Dataset.get_by_id")
def by_saved_id(call: Call) -> Document:
    found = Datasets(call.workspace).by_saved_id(call["id"])
    return {"value": [found] if found else [], "continuationToken": None, "nextLink": None}


@service.route("PUT", BASE + "/datasets/{id}", "Dataset.update, add_tags, remove_tags")
def update(call: Call) -> Document:
    found = Datasets(call.workspace).update(call["id"], call.document)
    if found is None:
        raise errors.not_found(f"No dataset with id {call['id']} was found.")
    return found


@service.route("DELETE", BASE + "/datasets/{name}", "Dataset.unregister_all_versions")
def unregister(call: Call) -> Response:
    if not Datasets(call.workspace).unregister(call["name"]):
        raise errors.not_found(f"No dataset with name {call['name']} was found.")
    return Response(200)


@service.route("POST", BASE + "/saveddatasets", "unregistered datasets as input of runs")
def save(call: Call) -> Document:
    return Datasets(call.workspace).save(call.document)


@service.route("GET", BASE + "/saveddatasets/{id}", "Dataset.get_by_id of an unregistered dataset")
def saved(call: Call) -> Document:
    found = Datasets(call.workspace).saved(call["id"])
    if found is None:
        raise errors.not_found(f"No saved dataset with id {call['id']} was found.")
    return found


@service.route("GET", "/data/v1.0{W}/dataversion/{name}/versions/{version}", "whenever a dataset is loaded")
def data_version(call: Call) -> Document:
    saved_id = call["name"].removeprefix("unregistered-")
    found = Datasets(call.workspace).saved(saved_id)
    if found is None:
        raise errors.not_found(f"No data asset with name {call['name']} was found.")
    return {
        "legacyDataflow": found["dataflowJson"],
        "dataVersion": {"dataContainerName": call["name"], "versionId": "1"},
    }

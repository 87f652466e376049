"""Pipelines: data types, modules and data sources, which a client sends before it sends a graph."""

from __future__ import annotations

import contextlib
import uuid

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.pipeline import places
from mlops_cli.emulator.azure.pipeline.modules import Modules, info
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document

service = Service(
    "pipeline", "Pipelines", hosts.AML, errors.aml,
    left_out=("steps on other computes: Databricks, Synapse, Kusto, Azure Batch, Data Lake, R",),
)  # fmt: skip
BASE = "/pipelines/v1.0{W}"
DATA_TYPES = (
    "AnyFile", "AnyDirectory", "AzureBlobReference", "AzureDataLakeReference", "AzureFilesReference",
    "AzureSqlDatabaseReference", "AzurePostgresDatabaseReference", "AzureDataLakeGen2Reference",
    "AzureMLDataset", "AzureMySqlDatabaseReference", "DBFSReference",
)  # fmt: skip


@service.route("GET", BASE + "/DataTypes", "Pipeline(...), DataType.list_data_types")
def data_types(call: Call) -> list[Document]:
    made = call.workspace.collection("pipeline-data-types").all()
    known = [{"Id": name, "Name": name, "IsDirectory": name == "AnyDirectory"} for name in DATA_TYPES]
    return known + made


@service.route("POST", BASE + "/DataTypes", "DataType.create_data_type")
def create_data_type(call: Call) -> Document:
    posted, made = call.document, call.workspace.collection("pipeline-data-types")
    with call.workspace.state.transaction():
        if posted["Id"] in DATA_TYPES or made.get(posted["Id"]):
            raise errors.conflict(f"DataType {posted['Id']} already exists.")
        return made.put(posted["Id"], posted)


@service.route("GET", BASE + "/Modules/Hash/{hash}", "Pipeline(...): is a step known already")
def module_by_hash(call: Call) -> Document:
    module = Modules(call.workspace).by_hash(call["hash"])
    if module is None:
        raise errors.not_found(f"No module has the hash {call['hash']}.")
    return info(module)


@service.route("POST", BASE + "/Modules", "Pipeline.validate, submit, publish: a new step")
def create_module(call: Call) -> Document:
    return Modules(call.workspace).create(call.document)


@service.route("GET", BASE + "/Modules/{module}", "the same")
def module(call: Call) -> Document:
    found = Modules(call.workspace).get(call["module"])
    if found is None:
        raise errors.not_found(f"Module {call['module']} was not found.")
    return info(found)


@service.route("GET", BASE + "/DataSources/Hash/{hash}", "DataReference as an input: is it known already")
def data_source_by_hash(call: Call) -> Document:
    found = call.workspace.collection("pipeline-data-sources").get(f"hash/{call['hash']}")
    if found is None:
        raise errors.not_found(f"No data source has the hash {call['hash']}.")
    return found


@service.route("POST", BASE + "/DataSources", "DataReference as an input")
def create_data_source(call: Call) -> Document:
    sources, posted = call.workspace.collection("pipeline-data-sources"), call.document
    made = posted | _location(call, posted) | {"Id": str(uuid.uuid4()), "EntityStatus": "Active"}
    if posted.get("IdentifierHash"):
        sources.put(f"hash/{posted['IdentifierHash']}", made)
    return sources.put(made["Id"], made)


def _location(call: Call, posted: Document) -> Document:
    """What a client finds the path by in a graph that it reads back. Nothing for a store that is none of blobs."""
    place = {"store": posted.get("DataStoreName") or "", "path": posted.get("PathOnDataStore") or ""}
    with contextlib.suppress(errors.ApiError):
        return {"DataLocation": places.reference(call.workspace, place)["DataLocation"]}
    return {}


@service.route("GET", BASE + "/DataSources/{source}", "the same")
def data_source(call: Call) -> Document:
    found = call.workspace.collection("pipeline-data-sources").get(call["source"])
    if found is None:
        raise errors.not_found(f"Data source {call['source']} was not found.")
    return found

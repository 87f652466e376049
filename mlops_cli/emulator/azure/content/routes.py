"""The content service: snapshots of source folders."""

from __future__ import annotations

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.content.snapshots import Snapshots
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document

service = Service(
    "content", "Snapshots of source folders", hosts.AML, errors.aml, left_out=("git snapshots",)
)
OLD, NEW = "/content/v1.0{W}/snapshots", "/content/v2.0{W}/snapshots"


def _snapshots(call: Call) -> Snapshots:
    return Snapshots(call.workspace, call.app.identity)


@service.route("GET", OLD + "/latest/metadata", "the first submit of a folder")
def latest(call: Call) -> Document:
    empty = _snapshots(call).empty()
    return {"id": empty["id"], "root": empty["root"]}


@service.route("POST", NEW + "/getblob", "Experiment.submit, Run.take_snapshot: where to put files")
def places(call: Call) -> Document:
    return {"fileNodes": _snapshots(call).places(call.document.get("FileNames") or [])}


@service.route("POST", NEW + "/{id}", "Experiment.submit, Run.take_snapshot")
def create(call: Call) -> Document:
    return {"id": _snapshots(call).create(call["id"], call.document)["id"]}


@service.route("POST", NEW + "/{id}/zip", "Run.restore_snapshot")
def zipped(call: Call) -> Document:
    snapshots = _snapshots(call)
    if snapshots.get(call["id"]) is None:
        raise errors.not_found(f"Snapshot {call['id']} was not found.")
    return {"zipSasUri": snapshots.zipped(call["id"])}

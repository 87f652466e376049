"""The execution service: scripts that are submitted."""

from __future__ import annotations

import io
import uuid
import zipfile

import msgspec

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.compute.computes import Computes
from mlops_cli.emulator.azure.content.snapshots import Snapshots
from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.azure.execution.definitions import camel_case
from mlops_cli.emulator.azure.history import executors
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.forms import form_file
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response

service = Service(
    "execution", "Submitted scripts", hosts.AML, errors.aml,
    left_out=("building environments (scripts run in one Python)", "several nodes or processes"),
)  # fmt: skip
BASE = "/execution/v1.0{W}/experiments/{experiment}"


def _run_id(call: Call) -> str:
    return call.query.get("runid") or f"{call['experiment']}_{uuid.uuid4().hex[:12]}"


@service.route("POST", BASE + "/snapshotrun", "Experiment.submit(ScriptRunConfig) on a cluster")
def submit(call: Call) -> Document:
    return _submitted(call, call.document)


@service.route("POST", BASE + "/startrun", "REST: a zip of scripts and how to run them")
def submit_zip(call: Call) -> Document:
    definition = camel_case(msgspec.json.decode(form_file(call.request, "runDefinitionFile")))
    content = form_file(call.request, "projectZipFile")
    snapshot = Snapshots(call.workspace, call.app.identity).of_zip(content)
    return _submitted(call, definition | {"SnapshotId": snapshot})


def _submitted(call: Call, posted: Document) -> Document:
    run_id = _run_id(call)
    target = (posted.get("Configuration") or posted.get("configuration") or {}).get("target") or ""
    if Computes(call.workspace, fast=call.app.identity.fast).get(target) is None:
        raise errors.bad_request(f"Unknown compute target '{target}'.")
    scripts.submit(call.app, call.workspace, call["experiment"], run_id, posted)
    return {"runId": run_id, "target": target}


@service.route("POST", BASE + "/runId/{run}/cancel", "REST: the run is canceled")
def cancel(call: Call) -> Response:
    run = Runs(call.workspace).get(call["run"])
    if run is None:
        raise errors.not_found(f"Run {call['run']} was not found.")
    executors.cancel(call.app, call.workspace, run)
    return Response(200)


@service.route("POST", BASE + "/localrun", "Experiment.submit(ScriptRunConfig) on the client's own machine")
def submit_local(call: Call) -> Response:
    posted = msgspec.json.decode(form_file(call.request, "definition.json"))
    command = scripts.prepare_local(call.app, call.workspace, call["experiment"], _run_id(call), posted)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("azureml-setup/Invocation.sh", f"#!/bin/bash\nexec {command}\n")
    return Response(200, buffer.getvalue(), {"Content-Type": "application/zip"})

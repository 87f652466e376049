"""Profiles of models: a service is started, asked the questions of a table, measured, and gone again."""

from __future__ import annotations

import math
import subprocess
import sys
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.jasmine.tables import local_definition
from mlops_cli.emulator.azure.service import documents
from mlops_cli.emulator.azure.service.operations import RESUMED, ServiceOperations
from mlops_cli.emulator.azure.service.processes import Unit, new_secrets
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import ApiError
from mlops_cli.emulator.state import Collection, Document
from mlops_cli.emulator.workspace import Workspace
from mlops_cli.engine.endpoints import control, layout
from mlops_cli.errors import MlopsError

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

KIND = "Profile"
POLL_SECONDS = 4.0
LOAD_SECONDS = 1500
DEFAULT = {"cpu": 3.5, "memoryInGB": 15.0}
_working: dict[str, threading.Thread] = {}
_guard = threading.Lock()


def profiles(workspace: Workspace) -> Collection:
    return workspace.collection("profiles")


def start(app: App, workspace: Workspace, posted: Document) -> str:
    """Begin to measure; the operation."""
    request = posted["environmentImageRequest"]
    operation = ServiceOperations(workspace).begin("Create", posted["name"], KIND)
    document = {
        "id": str(uuid.uuid4()), "name": posted["name"], "description": posted.get("description"),
        "state": "Running", "createdTime": now(), "inputDatasetId": posted["inputDatasetId"],
        "modelIds": request.get("modelIds") or [], "requestedQueriesPerSecond": 0, "error": None,
        "containerResourceRequirements": DEFAULT | (posted.get("containerResourceRequirements") or {}),
        "environmentImageRequest": request, "environment": request.get("environment"),
    }  # fmt: skip
    profiles(workspace).put(posted["name"], document)
    _work(app, workspace, posted["name"], operation)
    return operation


def resume(app: App, workspace: Workspace, operation: Document) -> None:
    """Wait a while for the end of a measurement; one that a stop of the server has ended begins anew."""
    _work(app, workspace, operation["_service"], operation["id"]).join(POLL_SECONDS)


RESUMED[KIND] = resume


def _work(app: App, workspace: Workspace, name: str, operation: str) -> threading.Thread:
    with _guard:
        thread = _working.get(operation)
        if thread is None:
            arguments = (app, workspace, name, operation)
            thread = _working[operation] = threading.Thread(target=_run, args=arguments, daemon=True)
            thread.start()
        return thread


def _run(app: App, workspace: Workspace, name: str, operation: str) -> None:
    profile = profiles(workspace).get(name)
    assert profile is not None, "it was put before its operation began"
    try:
        figures = _measure(app, workspace, profile)
        outcome = {**figures, **_recommended(figures), "state": "Succeeded"}
    except (ApiError, MlopsError, OSError, subprocess.SubprocessError) as failure:
        error = {"code": "ModelTestFailed", "statusCode": 400, "message": str(failure)}
        outcome = {"state": "Failed", "error": error}
    with app.state.transaction():
        profiles(workspace).change(name, lambda document: document.update(outcome))
        ServiceOperations(workspace).end(operation, outcome.get("error"))
    _working.pop(operation, None)


def _measure(app: App, workspace: Workspace, profile: Document) -> Document:
    folder = app.instance.state / "profiles" / workspace.id / profile["name"]
    unit = documents.filled({"computeType": documents.ACI, **profile}, documents.ACI)
    service = Unit(workspace, folder / "service", profile["name"])
    try:
        port, _ = service.roll_out(unit, new_secrets(), None, 0)
        status = layout.read_status(service.folder)
        job = {
            "definition": local_definition(app, workspace, profile["inputDatasetId"], folder / "data"),
            "url": f"http://127.0.0.1:{port}/score",
            "pids": [process.pid for process in control.processes(status)[1:]] if status else [],
        }
        return _load(folder, job)
    finally:
        service.delete()


def _load(folder: Path, job: Document) -> Document:
    (folder / "job.json").write_bytes(msgspec.json.encode(job))
    command = [sys.executable, "-m", "mlops_cli.emulator.azure.profile.load", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=LOAD_SECONDS, check=False)
    if ended.returncode:
        raise MlopsError(f"the measurement has failed: {ended.stderr.strip().splitlines()[-1:]}")
    result: Document = msgspec.json.decode((folder / "result.json").read_bytes())
    if "error" in result:
        raise MlopsError(result["error"])
    return result


def _recommended(figures: Document) -> Document:
    """What was needed, rounded up to tenths of a core and half GiB."""
    return {
        "recommendedCpu": max(0.1, math.ceil(figures["maxUtilizedCpu"] * 10) / 10),
        "recommendedMemoryInGB": max(0.5, math.ceil(figures["maxUtilizedMemoryInGB"] * 2) / 2),
    }

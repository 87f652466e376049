"""HyperDrive: searches over the hyperparameters of a script."""

from __future__ import annotations

import uuid

import msgspec

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.history import executors
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.hyperdrive import searches
from mlops_cli.emulator.azure.pipeline import ticker
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.errors import ApiError
from mlops_cli.emulator.forms import form_file
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.wire.messages import Response, json_response
from mlops_cli.emulator.workspace import Workspace


def _dialect(error: ApiError) -> Response:
    return json_response({"code": error.status, "message": error.message}, error.status, error.headers)


service = Service(
    "hyperdrive", "HyperDrive", hosts.AML, _dialect, escaped=True,
    left_out=("searches over pipelines", "warm start (what is named is kept, not used)"),
)  # fmt: skip
BASE = "/hyperdrive/v1.0{W}/experiments/{experiment}"


def _begin(call: Call, run_id: str, parent: str | None = None) -> Response:
    config: Document = msgspec.json.decode(form_file(call.request, "config"))
    search = searches.submit(call.app, call.workspace, call["experiment"], run_id, config, parent)
    ticker.ensure(call.app, call.workspace)
    return json_response({"code": 201, "result": _shown(call.workspace, search)}, 201)


def _new_id() -> str:
    return f"HD_{uuid.uuid4()}"


def _shown(workspace: Workspace, search: Document) -> Document:
    """The search as its service shows it."""
    config, run = search["config"], Runs(workspace).get(search["runId"])
    return {
        **config,
        "all_jobs_generated": search["ended"] is not None,
        "cancellation_requested": bool(run and run["status"] in ("CancelRequested", "Canceled")),
        "created": search["began"],
        "modified": now(),
        "created_by_user_id": 1,
        "experiment_id": search["runId"],
        "hyperdrive_run_id": search["runId"],
        "platform_config": config["platform_config"] | {"ParentRunId": search["runId"]},
        "status": run["status"] if run else "NotStarted",
        "study_id": 1,
    }


@service.route("POST", BASE + "/runs", "Experiment.submit(HyperDriveConfig)")
def submit(call: Call) -> Response:
    return _begin(call, _new_id())


@service.route("POST", BASE + "/runs/{parent}", "Run.submit_child(HyperDriveConfig)")
def submit_child(call: Call) -> Response:
    return _begin(call, _new_id(), call["parent"])


@service.route("POST", BASE + "/hdruns/{run}", "Experiment.submit(HyperDriveConfig, run_id=...)")
def submit_named(call: Call) -> Response:
    return _begin(call, call["run"])


@service.route("POST", BASE + "/runs/{run}/cancel", "HyperDriveRun.cancel")
def cancel(call: Call) -> Document:
    run = Runs(call.workspace).get(call["run"])
    if run is None or searches.kept(call.workspace).get(call["run"]) is None:
        raise errors.not_found(f"Run {call['run']} was not found.")
    executors.cancel(call.app, call.workspace, run)
    return {"code": 200, "result": "Canceled"}

"""AutoML's own service: it validates a configuration, makes the run and starts it."""

from __future__ import annotations

from mlops_cli.emulator import errors, hosts
from mlops_cli.emulator.azure.environment.environments import Environments
from mlops_cli.emulator.azure.history import executors
from mlops_cli.emulator.azure.history.experiments import Experiments
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.jasmine import documents, model_tests, runs
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.router import Service
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.users import created_by
from mlops_cli.emulator.wire.messages import Response, json_response

service = Service(
    "jasmine", "AutoML", hosts.AML, errors.aml,
    left_out=("images, text, deep learning", "generated code of models",
              "continue_experiment on a compute target, cancel_iteration (they fail inside of the SDK)",),
)  # fmt: skip
OF_A_STEP = "placeholder"
"""The experiment in which AutoMLStep has its settings validated, at a time when its data may not exist yet."""
BASE = "/jasmine/v1.0{W}/experimentids/{experiment_id}"


def _experiment(call: Call) -> Document:
    found = Experiments(call.workspace).by_id(call["experiment_id"])
    if found is None:
        raise errors.not_found(f"Experiment {call['experiment_id']} was not found.")
    return found


def _run(call: Call) -> Document:
    found = Runs(call.workspace).get(call["run"])
    if found is None:
        raise errors.not_found(f"Run {call['run']} was not found.")
    return found


@service.route("POST", BASE + "/validation", "Experiment.submit(AutoMLConfig): is it possible?")
def validate(call: Call) -> Response:
    """204 when it is; otherwise 200 with the reasons."""
    try:
        runs.check(call.app, call.document, with_data=call["experiment_id"] != OF_A_STEP)
    except errors.ApiError as error:
        reason = {"code": error.code, "message": error.message, "target": "AutoMLConfig"}
        failure = {"code": "UserError", "message": error.message, "details": [reason]}
        return json_response({"error": failure})
    return Response(204)


@service.route("POST", BASE + "/getCuratedEnvironment", "JasmineClient.get_curated_environment")
def curated_environment(call: Call) -> Document:
    return {"version": 1, "environment": Environments(call.workspace).get(documents.ENVIRONMENT)}


@service.route("POST", BASE + "/run", "Experiment.submit(AutoMLConfig)")
def create(call: Call) -> str:
    return runs.create(call.app, call.workspace, _experiment(call), call.document, created_by(call))


@service.route("POST", BASE + "/runs/{run}/submitSnapshotRun", "the same: start it on the compute target")
def start(call: Call) -> Document:
    _run(call)
    document = call.document
    configuration = document.get("configuration") or document.get("Configuration") or {}
    runs.start(call.app, call.workspace, call["run"], configuration)
    return {"runId": call["run"], "target": configuration.get("target")}


@service.route(
    "POST", BASE + "/runs/{run}/continueRun", "AutoMLRun.continue_experiment without a compute target"
)
def go_on(call: Call) -> Response:
    asked = {name: call.query.get(f"updated{name}") for name in ("iterations", "time", "exitscore")}
    given = {name: float(value) for name, value in asked.items() if value}
    runs.go_on(call.app, call.workspace, _run(call), **given)
    return Response(200)


@service.route("POST", BASE + "/modeltest/{run}", "ModelProxy.test")
def test(call: Call) -> str:
    posted, run_id = call.document, call["run"]
    table, alone = documents.test_data(posted), bool(posted.get("includePredictionsOnly"))
    target = posted.get("computeTarget") or "local"
    return model_tests.start(call.app, call.workspace, run_id, table, target, predictions_only=alone)


@service.route("POST", BASE + "/cancelrun/{run}", "AutoMLRun.cancel")
def cancel(call: Call) -> Response:
    executors.cancel(call.app, call.workspace, _run(call))
    return Response(200)

"""Pipelines: schedules, and the clock that they go by."""

from __future__ import annotations

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.control.routes import check
from mlops_cli.emulator.azure.control.routes import service as control
from mlops_cli.emulator.azure.pipeline import clock, ticker
from mlops_cli.emulator.azure.pipeline.routes import BASE, service
from mlops_cli.emulator.azure.pipeline.runs import PipelineRuns
from mlops_cli.emulator.azure.pipeline.schedules import Schedules, shown
from mlops_cli.emulator.call import Call
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.users import created_by
from mlops_cli.emulator.wire.messages import Response, json_response

SCHEDULE, RUNS = BASE + "/Schedules/{schedule}", BASE + "/PipelineRuns/Schedule/{schedule}"


@service.route("POST", BASE + "/Schedules/Create", "Schedule.create, create_for_pipeline_endpoint")
def create(call: Call) -> Document:
    made = Schedules(call.workspace).create(call.document, created_by(call))
    ticker.ensure(call.app, call.workspace)
    return shown(made)


@service.route("GET", BASE + "/Schedules", "Schedule.list")
def all_schedules(call: Call) -> list[Document]:
    active = call.query.get("activeonly", "false").lower() == "true"
    return [shown(one) for one in Schedules(call.workspace).all(active_only=active)]


@service.route("GET", BASE + "/Schedules/Pipeline/{pipeline}", "Schedule.get_schedules_for_pipeline_id")
def of_pipeline(call: Call) -> list[Document]:
    found = Schedules(call.workspace).all()
    return [shown(one) for one in found if one.get("PipelineId") == call["pipeline"]]


@service.route("GET", BASE + "/Schedules/PipelineEndpoint/{endpoint}",
               "Schedule.get_schedules_for_pipeline_endpoint_id")  # fmt: skip
def of_endpoint(call: Call) -> list[Document]:
    found = Schedules(call.workspace).all()
    return [shown(one) for one in found if one.get("PipelineEndpointId") == call["endpoint"]]


@service.route("GET", SCHEDULE, "Schedule.get")
def get(call: Call) -> Document:
    return shown(Schedules(call.workspace).get(call["schedule"]))


@service.route("PUT", SCHEDULE, "Schedule.update, enable, disable")
def update(call: Call) -> Document:
    changed = Schedules(call.workspace).update(call["schedule"], call.document)
    ticker.ensure(call.app, call.workspace)
    return shown(changed)


@service.route("GET", RUNS, "Schedule.get_pipeline_runs")
def runs(call: Call) -> list[Document]:
    return _runs(call)


@service.route("GET", RUNS + "/Last", "Schedule.get_last_pipeline_run")
def last_run(call: Call) -> Response:
    found = _runs(call)
    return json_response(found[0] if found else None)


def _runs(call: Call) -> list[Document]:
    """Newest first."""
    Schedules(call.workspace).get(call["schedule"])
    ticker.ensure(call.app, call.workspace)
    known = PipelineRuns(call.workspace)
    return [known.shown(run) for run in known.all() if run.get("ScheduleId") == call["schedule"]]


@control.route("PUT", "/emulator/clock", "move the clock of schedules on, by seconds")
def move_clock(call: Call) -> Document:
    check(call)
    seconds = call.document.get("seconds")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise errors.bad_request("seconds must be a number of seconds to move the clock on")
    total = clock.move(call.app.state, seconds)
    ticker.resume(call.app)
    return {"seconds_ahead": total, "now": clock.now(call.app.state).isoformat()}

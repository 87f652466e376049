"""Kills of the emulator in the middle of a pipeline run, and schedules after a start."""

import os
import random
import signal
import time

import pytest

from tests.emulator.wire import Wire

SECONDS = 90
STEPS = 5
SCRIPT = """
import os
import sys
place, before = sys.argv[1:]
os.makedirs(place, exist_ok=True)
text = open(os.path.join(before, "text")).read() if before != "-" else ""
open(os.path.join(place, "text"), "w").write(text + "x")
"""


@pytest.fixture
def instance(own_emulator):
    from mlops_cli.emulator.lifecycle import Settings

    own_emulator.start(Settings(fast=True))
    return own_emulator


def until(check):
    deadline = time.monotonic() + SECONDS
    while not (found := check()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def killed(emulator):
    os.kill(emulator.process().pid, signal.SIGKILL)
    emulator.start()
    return Wire(emulator)


class Pipelines:
    """The pipelines service as a client that keeps nothing."""

    def __init__(self, wire):
        self.wire = wire
        self.base = f"/pipelines/v1.0{wire.workspace}"

    def post(self, path, document):
        answer = self.wire.aml("POST", f"{self.base}{path}", json=document)
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else None

    def get(self, path):
        return self.wire.aml("GET", f"{self.base}{path}").json()


def module(pipelines, name, before):
    """A step that writes what is in `before`, an argument, and an x."""
    given = [("Literal", "-c"), ("Literal", SCRIPT), ("Output", "out"), before]
    interface = {
        "Inputs": [{"Name": "before", "DataTypeIdsList": ["AnyFile"]}],
        "Outputs": [{"Name": "out", "DataTypeId": "AnyFile"}],
        "Arguments": [{"ValueType": kind, "Value": value} for kind, value in given],
        "Parameters": [{"Name": "Command", "DefaultValue": "python"}],
    }
    posted = {"Name": name, "StepType": "CommandStep", "StructuredInterface": interface}
    return pipelines.post("/Modules", posted)["Id"]


def chain(pipelines):
    first = module(pipelines, "first", ("Literal", "-"))
    other = module(pipelines, "other", ("Input", "before"))
    nodes = [{"Id": f"n{i}", "ModuleId": other if i else first} for i in range(STEPS)]
    edges = [
        {
            "SourceOutputPort": {"NodeId": f"n{i}", "PortName": "out"},
            "DestinationInputPort": {"NodeId": f"n{i + 1}", "PortName": "before"},
        }
        for i in range(STEPS - 1)
    ]
    return {"ModuleNodes": nodes, "Edges": edges, "DatasetNodes": []}


def status(pipelines, run):
    return pipelines.get(f"/PipelineRuns/{run}")["Status"]["StatusCode"]


def submitted(pipelines):
    path = "/PipelineRuns/Unsubmitted/CreationInfoWithGraph?experimentName=kills"
    run = pipelines.post(path, {"Graph": chain(pipelines), "GraphInterface": {}, "CreationInfo": {}})["Id"]
    pipelines.post(f"/PipelineRuns/Submit/{run}", {})
    return run


def test_run_goes_on_after_kills_and_no_finished_step_runs_again(instance):
    wire, chance, finished = Wire(instance), random.Random(11), set()
    run = submitted(Pipelines(wire))
    url = f"/history/v1.0{wire.workspace}/experiments/kills/runs/{run}/children"
    for seen in sorted(chance.sample(range(STEPS + 1), 4)):
        assert until(lambda wire=wire, seen=seen: len(wire.aml("GET", url).json()["value"]) >= seen)
        children = wire.aml("GET", url).json()["value"]
        finished |= {child["runId"] for child in children if child["status"] == "Completed"}
        wire = killed(instance)
    pipelines = Pipelines(wire)
    assert until(lambda: status(pipelines, run) in ("Finished", "Failed"))
    assert status(pipelines, run) == "Finished"
    children = wire.aml("GET", url).json()["value"]
    assert [child["status"] for child in children] == ["Completed"] * STEPS
    assert finished <= {child["runId"] for child in children}
    outputs = pipelines.post(f"/PipelineRuns/{run}/Outputs", [f"n{STEPS - 1}"])
    place = outputs["out"]["DataLocation"]["DataReference"]["AzureBlobReference"]
    blob = wire.blob("GET", f"/{place['Container']}/{place['RelativePath']}/text", account=place["Account"])
    assert blob.text == "x" * STEPS


def scheduled(wire):
    """How many runs the schedule has made; asks run history alone."""
    url = f"/history/v1.0{wire.workspace}/experiments/scheduled/runs:query"
    return len(wire.aml("POST", url, json={}).json().get("value", []))


def test_schedule_goes_on_after_a_start_without_a_call(instance):
    from mlops_cli.emulator.azure.pipeline import clock
    from mlops_cli.emulator.state import State

    wire = Wire(instance)
    pipelines = Pipelines(wire)
    nothing = {"ModuleNodes": [], "Edges": [], "DatasetNodes": []}
    pipeline = pipelines.post("/Pipelines/Create", {"Name": "p", "Graph": nothing, "GraphInterface": {}})[
        "Id"
    ]
    pipelines.post("/Schedules/Create", {
        "Name": "s", "PipelineId": pipeline, "ScheduleType": "0",
        "Recurrence": {"Frequency": "Hour", "Interval": 1},
        "PipelineSubmissionInfo": {"ExperimentName": "scheduled"},
    })  # fmt: skip
    assert until(lambda: scheduled(wire) == 1)
    instance.stop()
    stopped = State(instance.instance.state)
    clock.move(stopped, 7200)
    stopped.close()
    instance.start()
    assert until(lambda: scheduled(Wire(instance)) == 2)

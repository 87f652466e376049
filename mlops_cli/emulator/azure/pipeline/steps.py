"""A node as work: a run of its own in history, and a process behind it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from mlops_cli.emulator import errors
from mlops_cli.emulator.azure.compute.computes import Computes
from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.azure.history.experiments import Experiments
from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.pipeline import (
    automl_step,
    hyperdrive_step,
    intermediate,
    parallel_step,
    reuse,
    script_step,
    step_outputs,
    transfer_step,
)
from mlops_cli.emulator.azure.pipeline.graph import Step
from mlops_cli.emulator.azure.pipeline.told import tell_registered
from mlops_cli.emulator.clock import now
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App


class Kind(NamedTuple):
    """`start` lets the work begin; `outputs` says where its outputs will be, `finish` puts them there."""

    start: Callable[[App, Workspace, Document, Step, str], None]
    outputs: Callable[[Workspace, Document, Step, str], dict[str, Document]]
    finish: Callable[[App, Workspace, str, dict[str, Document]], None]


def _own(outputs: Callable[[Step, str], dict[str, Document]]) -> Callable[..., dict[str, Document]]:
    """Outputs at places that follow from the step and its run alone."""
    return lambda _, __, step, run_id: outputs(step, run_id)


_SCRIPT = Kind(script_step.start, step_outputs.left_by, script_step.finish)
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("PythonScriptStep", "CommandStep", "EstimatorStep", "MpiStep"), _SCRIPT),
    "AutoMLStep": Kind(automl_step.start, _own(automl_step.outputs_of), automl_step.finish),
    "HyperDriveStep": Kind(hyperdrive_step.start, _own(hyperdrive_step.outputs_of), hyperdrive_step.finish),
    "DataTransferStep": Kind(transfer_step.start, transfer_step.outputs_of, transfer_step.finish),
    "ParallelRunStep": Kind(parallel_step.start, step_outputs.left_by, script_step.finish),
}


def kind_of(step: Step) -> Kind:
    """Raises ApiError 400 for a type of step that is not emulated."""
    name = step.module.get("StepType") or "PythonScriptStep"
    if name == "ModuleStep" and step.module.get("ModuleExecutionType") == "escloud":
        return _SCRIPT
    if name not in KINDS:
        message = f"The mlops emulator does not run steps of type {name} (step '{step.name}')."
        raise errors.bad_request(message, "NotImplementedByEmulator")
    return KINDS[name]


def prepare(workspace: Workspace, pipeline: Document, step: Step) -> Document:
    """The state of a node about to start, to be kept before `start`: what is kept is started once only."""
    state: Document = {"status": "Running", "run": str(uuid.uuid4()), "outputs": {}}
    with contextlib.suppress(errors.ApiError):
        state["key"] = reuse.key_of(workspace, pipeline, step)
    return state


def has_started(workspace: Workspace, state: Document) -> bool:
    return "_executor" in (Runs(workspace).get(state["run"]) or {})


def start(app: App, workspace: Workspace, pipeline: Document, step: Step) -> None:
    """Start a prepared node, or take over what an equal one has done. One that cannot start has failed."""
    state = pipeline["_nodes"][step.id]
    known = reuse.known(workspace, step, state.get("key"))
    _make_run(workspace, pipeline, step, state["run"])
    if known:
        state |= reuse.take_over(app, workspace, state["run"], known)
        return
    try:
        kind = kind_of(step)
        _check_target(app, workspace, step)
        kind.start(app, workspace, pipeline, step, state["run"])
    except errors.ApiError as error:
        told = {"code": "UserError", "message": error.message, "messageParameters": {}, "details": []}
        Runs(workspace).set_status(state["run"], "Failed", error={"error": told, "time": now()})
        state["status"] = "Failed"
    else:
        Runs(workspace).change(state["run"], lambda document: document.update(runType="azureml.StepRun"))


def _target_of(step: Step) -> str | None:
    return step.parameters.get("Target") or step.parameters.get("target")


def _check_target(app: App, workspace: Workspace, step: Step) -> None:
    """Raises ApiError 400 where the workspace does not have the compute target of the step (any more)."""
    target = _target_of(step)
    if target and Computes(workspace, fast=app.identity.fast).get(target) is None:
        raise errors.bad_request(f"Unknown compute target '{target}'.")


def finish(app: App, workspace: Workspace, pipeline: Document, step: Step) -> None:
    """Keep the outputs of a node whose run has completed, for its successors and for reuse."""
    state = pipeline["_nodes"][step.id]
    kind = kind_of(step)
    outputs = kind.outputs(workspace, pipeline["_nodes"], step, state["run"])
    kind.finish(app, workspace, state["run"], outputs)
    script_step.give_back(app, workspace, step, state["run"], pipeline["_nodes"])
    _register(app, workspace, step, state["run"], outputs)
    state |= {"status": "Finished", "outputs": outputs}
    if state.get("key"):
        kept = {"run": state["run"], "outputs": state["outputs"], "pipeline": pipeline["Id"], "node": step.id}
        reuse.keep(workspace, state["key"], kept)


def _register(app: App, workspace: Workspace, step: Step, run_id: str, outputs: dict[str, Document]) -> None:
    """Make datasets of the outputs that are to be; what cannot be one is told in the log of the step."""
    for name, place in outputs.items():
        registration = step.setting(name).get("DatasetRegistration") or {}
        try:
            if registration.get("Name"):
                told = intermediate.register(workspace, place, registration)
                tell_registered(workspace, run_id, name, told)
        except errors.ApiError as error:
            with scripts.folder_of(app, run_id).log.open("a") as log:
                log.write(f"the output {name} was not registered: {error.message}\n")


_COMPONENTS = {"AutoMLStep": "masterautomlcloud"}


def _make_run(workspace: Workspace, pipeline: Document, step: Step, run_id: str) -> None:
    posted = {
        "parentRunId": pipeline["Id"],
        "runType": "azureml.StepRun",
        "name": step.name,
        "displayName": step.name,
        "status": "NotStarted",
        "target": _target_of(step),
        "properties": _properties(pipeline, step),
        "tags": (pipeline.get("StepTags") or {})
        | {"azureml.nodeid": step.id, "azureml.pipeline": pipeline["Id"]},
    }
    experiment = Experiments(workspace).ensure(pipeline["RunHistoryExperimentName"])
    parent = Runs(workspace).get(pipeline["Id"]) or {}
    Runs(workspace).patch(experiment, run_id, posted, parent.get("createdBy"))


def _properties(pipeline: Document, step: Step) -> dict[str, str]:
    kind = step.module.get("StepType") or "PythonScriptStep"
    published = {"azureml.pipelineid": pipeline["PipelineId"]} if pipeline.get("PipelineId") else {}
    batches = {"azureml.parallelrunstep": "true"} if kind == "ParallelRunStep" else {}
    return published | batches | {
        "azureml.runsource": "azureml.StepRun",
        "azureml.nodeid": step.id,
        "azureml.pipelinerunid": pipeline["Id"],
        "azureml.pipeline": pipeline["Id"],
        "azureml.pipelineComponent": _COMPONENTS.get(kind, "masterescloud"),
        "azureml.moduleid": step.module["Id"],
        "azureml.moduleName": step.name,
        "StepType": kind,
        "ContentSnapshotId": step.module.get("StorageId") or str(uuid.UUID(int=0)),
        "ComputeTargetType": "AmlCompute",
    }  # fmt: skip


def log_of(app: App, run_id: str) -> str:
    """What the process of a step has printed."""
    log = scripts.folder_of(app, run_id).log
    return log.read_text(errors="replace") if log.exists() else ""

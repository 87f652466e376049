"""A step that runs an entry script over mini-batches: a script step whose script is ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.execution import scripts
from mlops_cli.emulator.azure.pipeline import script_step
from mlops_cli.emulator.azure.pipeline.graph import Step
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

DRIVER = Path(__file__).with_name("parallel_run.py")
BESIDE = ("batches", "logs", "worker")


def start(app: App, workspace: Workspace, pipeline: Document, step: Step, run_id: str) -> None:
    """Put the driver beside the user's code, where the node says that it is, and start it."""
    place = scripts.folder_of(app, run_id).code / step.parameters["Script"]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(DRIVER.read_bytes())
    for name in BESIDE:
        place.with_name(f"amlbi_{name}.py").write_bytes(DRIVER.with_name(f"parallel_{name}.py").read_bytes())
    told = msgspec.json.decode(step.parameters.get("BatchInferencingMetaData") or "{}")
    nodes = step.parameters.get("NodeCount") or told.get("NodeCount") or 1
    variables = {"AZUREML_NODE_COUNT": str(nodes)}
    script_step.start(app, workspace, pipeline, step, run_id, variables)

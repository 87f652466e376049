"""A step that copies data from one path of a datastore to another, as a data factory does in Azure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.emulator.azure.history.runs import Runs
from mlops_cli.emulator.azure.pipeline import places
from mlops_cli.emulator.azure.pipeline.graph import Step
from mlops_cli.emulator.azure.pipeline.sources import place_of
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App


def start(_: App, workspace: Workspace, pipeline: Document, step: Step, run_id: str) -> None:
    """Copy at once. Raises ApiError 400 where there is nothing to copy, or a datastore has no blobs."""
    source = _place(workspace, pipeline["_nodes"], step, "SourceInputName")
    target = _place(workspace, pipeline["_nodes"], step, "DestinationInputName")
    wanted = msgspec.json.decode(step.parameters.get("CopyOptions") or "{}")
    head, blobs = source["path"].strip("/"), places.blobs_of(workspace, source)
    if not blobs:
        raise bad_request(f"There is nothing to copy at {source['store']}/{head}.")
    is_file = len(blobs) == 1 and blobs[0].name == head
    into_folder = wanted.get("destination_reference_type") == "directory" or not is_file
    for blob in blobs:
        name = blob.name[len(head) :].strip("/") or Path(blob.name).name
        path = f"{target['path'].rstrip('/')}/{name}" if into_folder else target["path"]
        with blob.path.open("rb") as content:
            places.put(workspace, target | {"path": path.strip("/")}, content)
    Runs(workspace).change(run_id, lambda document: document.update(_executor="transfer"))
    Runs(workspace).set_status(run_id, "Completed")


def outputs_of(workspace: Workspace, nodes: Document, step: Step, _: str) -> dict[str, Document]:
    """What follows reads where the data were copied to."""
    return dict.fromkeys(step.outputs(), _place(workspace, nodes, step, "DestinationInputName"))


def _place(workspace: Workspace, nodes: Document, step: Step, parameter: str) -> Document:
    port = step.parameters[parameter]
    source = next(source for source in step.sources if source.port == port)
    found = place_of(workspace, source, nodes)
    if found is None:
        raise bad_request(f"The emulator copies paths of blob datastores; {port} is none.")
    return found


def finish(app: App, workspace: Workspace, run_id: str, outputs: dict[str, Document]) -> None:
    """All is in its place already."""

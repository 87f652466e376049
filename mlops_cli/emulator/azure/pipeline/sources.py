"""What goes into a step: outputs of others, saved datasets, paths of datastores."""

from __future__ import annotations

from mlops_cli.emulator.azure.dataset.datasets import Datasets
from mlops_cli.emulator.azure.pipeline import places
from mlops_cli.emulator.azure.pipeline.graph import Source
from mlops_cli.emulator.azure.pipeline.intermediate import saved_dataset
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace


def place_of(workspace: Workspace, source: Source, nodes: Document) -> Document | None:
    """{store, path} of files that are brought to a step; None for a dataset or an order without data."""
    if source.step:
        place = nodes[source.step]["outputs"].get(source.output) if source.output else None
        return None if place and "dataset" in place else place
    path = source.path
    if path and "DataSourceId" in path:
        kept = workspace.collection("pipeline-data-sources").get(path["DataSourceId"]) or {}
        path = {"DataStoreName": kept.get("DataStoreName"), "RelativePath": kept.get("PathOnDataStore")}
    if not path:
        return None
    return {"store": path.get("DataStoreName") or "", "path": path.get("RelativePath") or ""}


def name_datasets(workspace: Workspace, graph: Document) -> None:
    """Put names beside the ids of registered datasets: clients find them by their names alone."""
    for node in graph.get("DatasetNodes") or []:
        value = (node.get("DataSetDefinition") or {}).get("Value") or {}
        wanted = value.get("DataSetReference") or {}
        names = [one["name"] for one in Datasets(workspace).all() if one["datasetId"] == wanted.get("Id")]
        if names:
            wanted["Name"] = names[0]


def dataset_of(workspace: Workspace, source: Source, nodes: Document) -> str | None:
    """The id of the saved dataset. Raises ApiError 400 for one that does not exist."""
    if source.step and source.output:
        return _linked(source, nodes[source.step]["outputs"].get(source.output) or {})
    if source.dataset is None:
        return None
    if saved := source.dataset.get("SavedDataSetReference"):
        return str(saved["Id"])
    wanted = source.dataset.get("DataSetReference") or {}
    datasets = Datasets(workspace)
    key, value = ("datasetId", wanted["Id"]) if wanted.get("Id") else ("name", wanted.get("Name"))
    found = next((one for one in datasets.all() if one[key] == value), None)
    if found and (wanted.get("Version") or "latest") != "latest":
        found = datasets.get(found["name"], str(wanted["Version"]))
    if found is None:
        raise bad_request(f"The dataset {wanted} of input {source.port} does not exist.")
    return str(found["latest"]["savedDatasetId"])


def _linked(source: Source, place: Document) -> str | None:
    """The dataset that the script of the step has linked as this output."""
    if place.get("dataset", "") is None:
        raise bad_request(f"The output {source.output} was not linked to a dataset.")
    return place.get("dataset")


def table_of(workspace: Workspace, source: Source, nodes: Document) -> str | None:
    """The id of the saved dataset, also of one that the output of a step is read as."""
    place = place_of(workspace, source, nodes) if source.step else None
    return (
        saved_dataset(workspace, place, list(source.blocks))
        if place
        else dataset_of(workspace, source, nodes)
    )


def identity(workspace: Workspace, source: Source, nodes: Document) -> Document:
    """What must be the same for a step to be reused."""
    place = place_of(workspace, source, nodes)
    if place and source.step:  # whatever another run has left there is new, be it at the same place
        seen = nodes[source.step].get("reused") or nodes[source.step]["run"]
    else:
        seen = places.fingerprint(workspace, place) if place else None
    return {
        "port": source.port,
        "place": place,
        "seen": seen,
        "dataset": dataset_of(workspace, source, nodes),
        "blocks": [block["arguments"] for block in source.blocks],
    }

"""What a submitted script leaves: output folders, linked datasets, files below paths of datastores."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from run_inputs import workspace


def stamps(data: dict[str, Any]) -> dict[Path, tuple[int, int]]:
    """When the files of a reference were written, and their sizes."""
    root = Path(data["local"])
    files = [root] if root.is_file() else [file for file in root.rglob("*") if file.is_file()]
    return {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in files}


def give_back(data: dict[str, Any], before: dict[Path, tuple[int, int]]) -> None:
    """Upload what has been written below a path of a datastore, as a mount does."""
    from azureml.core import Datastore

    after, root = stamps(data), Path(data["local"])
    written = [str(file) for file, stamp in after.items() if before.get(file) != stamp]
    if written and data["mode"] != "download":
        store = Datastore.get(workspace(), data["datastore"])
        path = data["path"].rpartition("/")[0] if root.is_file() else data["path"]
        place = root.parent if root.is_file() else root
        store.upload_files(written, str(place), path or None, overwrite=True, show_progress=False)


def make_way(folders: list[str]) -> None:
    """Let a script write a file where the folder of an output to be uploaded is, as long as it is empty.

    In Azure there is nothing yet, so that scripts may make either; many take the folder for granted.
    """

    def opening(event: str, arguments: Any) -> None:
        if event == "open" and str(arguments[0]) in folders and arguments[2] & os.O_CREAT:
            path = Path(str(arguments[0]))
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()

    if folders:
        sys.addaudithook(opening)


def take(data: dict[str, Any]) -> None:
    """Upload an output, register it where that was asked for, and have the run tell of it, be it empty."""
    if data["globs"]:
        keep_only(Path(data["local"]), data["globs"])
    dataset, target = keep(data), target_of(data)
    wanted = data["register"]
    if wanted.get("name"):
        blocks = json.loads(wanted.get("transformation") or "{}").get("blocks") or []
        dataset = table((target[0], f"{target[1].rstrip('/')}/**"), blocks) or dataset
        dataset = registered(dataset, wanted)
    tell(data["name"], dataset)


def target_of(data: dict[str, Any]) -> tuple[Any, str]:
    from azureml.core import Datastore

    return Datastore.get(workspace(), data["datastore"]), data["path"]


def keep(data: dict[str, Any]) -> Any:
    """Upload the files of an output; returns the dataset of what is there then."""
    from azureml.core import Dataset

    local, target = Path(data["local"]), target_of(data)
    if local.is_file():
        return kept_file(local, *target)
    if not any(file.is_file() for file in local.rglob("*")):
        return Dataset.File.from_files((target[0], f"{target[1].rstrip('/')}/**"), validate=False)
    return Dataset.File.upload_directory(str(local), target, overwrite=True, show_progress=False)


def kept_file(local: Path, store: Any, path: str) -> Any:
    """The same for an output that the script has made a file."""
    from azureml.core import Dataset

    folder, _, name = path.rpartition("/")
    with tempfile.TemporaryDirectory() as place:
        shutil.copy(local, Path(place, name))
        Dataset.File.upload_directory(place, (store, folder or "/"), overwrite=True, show_progress=False)
    return Dataset.File.from_files((store, path))


def register_linked(data: dict[str, Any]) -> None:
    """Register the dataset that the script has linked as an output."""
    from azureml.core import Run

    wanted = data["register"]
    for told in Run.get_context().get_details()["outputDatasets"] if wanted.get("name") else []:
        if (told.get("outputDetails") or {}).get("outputName") == data["name"]:
            registered(told["dataset"], wanted)


def registered(dataset: Any, wanted: dict[str, Any]) -> Any:
    """The next version of a dataset. Its own register() would have the run tell of it a second time."""
    labels = {"description": wanted.get("description"), "tags": wanted.get("tags")}
    return dataset._register(workspace(), wanted["name"], create_new_version=True, **labels)


def keep_only(folder: Path, patterns: list[str]) -> None:
    """Take away the files that are not to be uploaded."""
    kept = {file for pattern in patterns for file in folder.glob(pattern)}
    for file in [file for file in folder.rglob("*") if file.is_file() and file not in kept]:
        file.unlink()


def tell(output: str, dataset: Any) -> None:
    """Name the dataset among the outputs of the run."""
    from azureml._restclient import models
    from azureml.core import Run

    registration = dataset._registration
    registered_id = registration and registration.registered_id
    saved = dataset._ensure_saved_internal(workspace())
    identifier = models.DatasetIdentifier(saved, registered_id, dataset.version)
    kind, details = models.DatasetOutputType.run_output, models.DatasetOutputDetails(output)
    lineage = models.OutputDatasetLineage(identifier, kind, details)
    Run.get_context()._update_output_dataset_lineage([lineage])


def table(target: Any, blocks: list[dict[str, Any]]) -> Any:
    """The rows of the files below `target` as the output was told to be read; None where it stays files.

    Columns of delimited files stay text: an output converts nothing that it was not told to.
    """
    from azureml.core import Dataset
    from azureml.data.dataset_type_definitions import PromoteHeadersBehavior

    found: Any = None
    formats = [block["arguments"].get("partitionFormat") for block in blocks]
    paths = {"include_path": True, "partition_format": next(filter(None, formats), None)}
    for block in blocks:
        given = block["arguments"]
        selected = ((given.get("columns") or {}).get("details") or {}).get("selectedColumns")
        match block["type"].rpartition(".")[2]:
            case "ParseDelimitedBlock":
                header = PromoteHeadersBehavior(given["columnHeadersMode"])
                how = {"separator": given["separator"], "header": header, "infer_column_types": False}
                found = Dataset.Tabular.from_delimited_files(target, **how, **paths)
            case "ReadParquetFileBlock":
                found = Dataset.Tabular.from_parquet_files(target, **paths)
            case "AddColumnsFromPartitionFormatBlock":
                pass  # with the reader
            case "KeepColumnsBlock":
                found = found.keep_columns(selected)
            case "DropColumnsBlock":
                found = found.drop_columns(selected)
            case "TakeSampleBlock":
                lower = given["probabilityLowerBound"]
                halves = found.random_split(lower or given["probability"], seed=given["seed"])
                found = halves[1 if lower else 0]
            case other:
                sys.stderr.write(f"the output is registered without {other}\n")
    return found

"""What a submitted script reads: datasets, and paths of datastores. Lies beside `run_script.py`."""

import contextlib
import io
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote


def workspace() -> Any:
    from azureml.core import Run

    return Run.get_context(allow_offline=False).experiment.workspace


def bring(plan: dict[str, Any], data: dict[str, Any]) -> None:
    """Download a dataset. A mounted one of one file is that file.

    The SDK's own get_by_id() would have the run tell that its script refers to the dataset, too.
    """
    from azureml.data.abstract_dataset import AbstractDataset

    dataset = AbstractDataset._get_by_id(workspace(), data["dataset"])
    file = downloaded(dataset, data["local"])
    if data["mounted"] and file:
        point(plan, data, file)


def bring_reference(plan: dict[str, Any], data: dict[str, Any]) -> None:
    """Download what is at a path of a datastore; where nothing is, something may be written by way of a mount."""
    from azureml.core import Dataset, Datastore

    if data["mode"] == "upload":
        Path(data["local"]).parent.mkdir(parents=True, exist_ok=True)
        return
    try:
        dataset = Dataset.File.from_files((Datastore.get(workspace(), data["datastore"]), data["path"]))
        file = downloaded(dataset, data["local"])
    except Exception as error:
        if data["mode"] == "download" or "was not found" not in str(error):
            raise
        Path(data["local"]).mkdir(parents=True, exist_ok=True)
        return
    if file:
        point(plan, data, file)
        data["path"] = data["path"].rpartition("/")[0]


def downloaded(dataset: Any, local: str) -> str | None:
    """Fill a folder with the files of a dataset; the file where the dataset is of this one alone."""
    Path(local).mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()):  # the SDK's own talk
        files = dataset.download(local, overwrite=True)
    return files[0] if len(files) == 1 and is_file(dataset, files[0]) else None


def point(plan: dict[str, Any], data: dict[str, Any], file: str) -> None:
    """Have the variable, the arguments and the command name a file instead of its folder."""
    os.environ[data["variable"]] = file
    folder = re.compile(re.escape(data["local"]) + r"(?![\w./-])")
    plan["arguments"] = [folder.sub(lambda _: file, argument) for argument in plan["arguments"]]
    plan["command"] = folder.sub(lambda _: file, plan["command"]) if plan["command"] else None


def is_file(dataset: Any, file: str) -> bool:
    """Whether the definition of the dataset names this one file, and not a folder or a pattern."""
    definition = unquote(str(dataset._definition))
    return Path(file).name in definition and "*" not in definition

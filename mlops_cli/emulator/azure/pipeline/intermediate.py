"""Outputs of steps as datasets: the client's transformations (blocks of a dataflow) as those of a saved dataset."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import quote

import msgspec
import yaml

from mlops_cli.emulator.azure.dataset.datasets import Datasets
from mlops_cli.emulator.azure.pipeline import places
from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.state import Document
from mlops_cli.emulator.workspace import Workspace

_HEADERS = {
    0: "no_header",
    1: "from_first_file",
    2: "all_files_different_headers",
    3: "all_files_same_headers",
}
_ENCODINGS = {0: "utf8", 1: "iso88591", 2: "latin1", 3: "ascii", 4: "utf16", 6: "utf8bom", 7: "windows1252"}
_WITH_PATH = {"path_column": "Path", "include_path_column": True}
"""A client that does not want the path drops its column."""
_DROPPED = {"drop_columns": ["Path"]}
PREFIX, PARTITIONED = "Microsoft.DPrep.", "extract_columns_from_partition_format"


def blocks_of(text: str | None) -> list[Document]:
    """The blocks in the JSON of `AdditionalTransformations`."""
    found: list[Document] = msgspec.json.decode(text)["blocks"] if text else []
    return found


def saved_dataset(workspace: Workspace, place: Document, blocks: list[Document]) -> str:
    """The id of a saved dataset that reads the files of {store, path} as `blocks` say.

    Without any it is a file dataset. Raises ApiError 400 for a transformation that is not emulated.
    """
    patterns = [_pattern(block) for block in blocks if _kind(block) in _FILTERS]
    address = f"{_address(workspace)}/datastores/{place['store']}/paths"
    steps = [_STEPS[_kind(block)](block["arguments"]) for block in _others(blocks)]
    steps.sort(key=lambda step: PARTITIONED not in step)  # columns of the path come before those of the rows
    if _DROPPED in steps and not any(PARTITIONED in step for step in steps):
        steps = [_without_path(step) for step in steps if step != _DROPPED]
    flow = {
        "type": "mltable",
        "paths": _paths(address, place, _files(workspace, place, patterns), patterns, blocks),
        "transformations": steps,
        "metadata": {"infer_column_types": "False"},
    }
    text = msgspec.json.encode({"blocks": [], "meta": {"RsDataflow": yaml.safe_dump(flow)}}).decode()
    kind = "tabular" if any(_kind(block) in _READERS for block in blocks) else "file"
    return str(Datasets(workspace).save({"datasetType": kind, "dataflowJson": text})["id"])


def _paths(
    address: str, place: Document, files: list[str], patterns: list[str], blocks: list[Document]
) -> list[Document]:
    """Of a dataset of files its folder, from which clients tell their names; of a table, what is to be read."""
    folder = f"{address}/{quote(place['path'])}"
    if not blocks and files and files != [place["path"]]:
        return [{"pattern": folder}]
    # Who reads what fits nothing is told so.
    nothing = [{"pattern": "/".join([folder, *(patterns or ["**"])])}]
    return [{"file": f"{address}/{quote(name)}"} for name in files] or nothing


def register(workspace: Workspace, place: Document, registration: Document) -> Document:
    """Make the files of {store, path} the next version of a dataset, as `DatasetRegistration` of a port says.

    What is a version already becomes another one. Returns what identifies it in the history of a run.
    """
    blocks = blocks_of(registration.get("AdditionalTransformations"))
    saved = Datasets(workspace).saved(place.get("dataset") or saved_dataset(workspace, place, blocks))
    assert saved is not None, "the dataset was just saved"
    own = None if Datasets(workspace).by_saved_id(saved["id"]) else saved["id"]
    posted = {
        "name": registration["Name"],
        "description": registration.get("Description"),
        "tags": registration.get("Tags") or {},
        "datasetType": saved["datasetType"],
        "latest": {"dataflow": saved["dataflowJson"], "savedDatasetId": own, "properties": {}},
    }
    wanted = registration.get("CreateNewVersion") is not False
    made = Datasets(workspace).register(posted, new_version=wanted)
    latest = made["latest"]
    return {
        "savedId": latest["savedDatasetId"],
        "registeredId": made["datasetId"],
        "registeredVersion": latest["versionId"],
    }


def _address(workspace: Workspace) -> str:
    """As clients write it."""
    subscription, group, name = (workspace.arm_path.split("/")[place] for place in (2, 4, 8))
    return f"azureml://subscriptions/{subscription}/resourcegroups/{group}/workspaces/{name}"


def _kind(block: Document) -> str:
    return str(block["type"]).removeprefix(PREFIX)


def _others(blocks: list[Document]) -> list[Document]:
    found = [block for block in blocks if _kind(block) not in _FILTERS]
    for block in found:
        if _kind(block) not in _STEPS:
            message = f"The mlops emulator does not apply {_kind(block)} to the output of a step."
            raise bad_request(message, "NotImplementedByEmulator")
    return found


def _files(workspace: Workspace, place: Document, patterns: list[str]) -> list[str]:
    names = [blob.name for blob in places.blobs_of(workspace, place)]
    return [name for name in names if all(_fits(name, place["path"], pattern) for pattern in patterns)]


def _fits(name: str, folder: str, pattern: str) -> bool:
    """A pattern is one of the file's name, or of its path in the output or in the datastore."""
    below = name.removeprefix(folder).strip("/")
    return any(fnmatch(way, pattern.lstrip("/")) for way in (name, below, Path(name).name))


def _pattern(block: Document) -> str:
    """Of the names of files: a client chooses by their end or by a pattern. Raises ApiError 400 for others."""
    text = msgspec.json.encode(block["arguments"]).decode()
    values = [value for value in re.findall(r'\["Value","([^"]*)"\]', text) if value != "Path"]
    if len(values) != 1 or not re.search("String_EndsWith|RegexIsMatch", text):
        raise bad_request("The emulator chooses files of a step's output by their names alone.")
    return values[0] if "RegexIsMatch" in text else f"*{values[0]}"


def _delimited(given: Document) -> Document:
    return {
        "read_delimited": {
            "delimiter": given.get("separator") or ",",
            "encoding": _ENCODINGS.get(given.get("fileEncoding") or 0, "utf8"),
            "header": _HEADERS[given.get("columnHeadersMode") or 0],
            "support_multi_line": bool(given.get("handleQuotedLineBreaks")),
            **_WITH_PATH,
            "infer_column_types": False,
        }
    }


def _without_path(step: Document) -> Document:
    """The step without the column of paths: rows of Parquet files lose their index by it."""
    return {
        name: {key: value for key, value in given.items() if key not in _WITH_PATH}
        if name.startswith("read_")
        else given
        for name, given in step.items()
    }


def _selected(given: Document) -> list[str]:
    names: list[str] = given["columns"]["details"].get("selectedColumns") or []
    return names


def _partitioned(given: Document) -> Document:
    how = {"partition_format": given["partitionFormat"], "ignore_errors": bool(given.get("ignoreError"))}
    return {PARTITIONED: {"path_column": "Path", **how}}


def _sampled(given: Document) -> Document:
    kept = {"probability": given["probability"], "seed": given.get("seed") or 0}
    low = {"probability_lower_bound": given.get("probabilityLowerBound") or 0.0}
    return {"sample": {"sampler": "random_percent", "sampler_arguments": kept | low}}


_READERS: dict[str, Callable[[Document], Document]] = {
    "ParseDelimitedBlock": _delimited,
    "ReadParquetFileBlock": lambda _: {"read_parquet": dict(_WITH_PATH)},
}
_STEPS: dict[str, Callable[[Document], Document]] = {
    **_READERS,
    "AddColumnsFromPartitionFormatBlock": _partitioned,
    "DropColumnsBlock": lambda given: {"drop_columns": _selected(given)},
    "KeepColumnsBlock": lambda given: {"keep_columns": _selected(given)},
    "TakeSampleBlock": _sampled,
}
_FILTERS = ("ExpressionFilterBlock",)

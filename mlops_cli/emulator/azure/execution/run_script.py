"""What Azure puts around a submitted script: `python run_script.py PLAN.json`.

Brings the inputs to local folders, runs the script as `__main__`, keeps the metrics that it did not wait
for, and takes the outputs to where they belong. Imports the SDK of the Python it runs in, nothing of ours.
"""

import json
import os
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any


def main(plan_file: Path) -> int:
    plan = json.loads(plan_file.read_text())
    for data in plan["inputs"]:
        bring(data, plan["arguments"])
    for data in plan["outputs"]:
        Path(data["local"]).mkdir(parents=True, exist_ok=True)
    code = subprocess.call(["/bin/bash", "-c", plan["command"]]) if plan["command"] else run(plan, plan_file)
    keep_metrics()
    if code == 0:
        for data in plan["outputs"]:
            take(data)
    return code


def run(plan: dict[str, Any], plan_file: Path) -> int:
    """Run the script; a failure is printed as Python would, and summed up for the run's error."""
    sys.argv = [plan["script"], *plan["arguments"]]
    sys.path[0] = str(Path(plan["script"]).resolve().parent)
    try:
        runpy.run_path(plan["script"], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:  # noqa: BLE001 - whatever ends the script is its error
        own = [
            f
            for f in traceback.extract_tb(error.__traceback__)
            if f.filename not in (__file__, runpy.__file__)
        ]
        shown = [f for f in own if not f.filename.startswith("<frozen")]
        lines = ["Traceback (most recent call last):\n", *traceback.format_list(shown)]
        sys.stderr.write("".join([*lines, *traceback.format_exception_only(error)]))
        summary = {"type": type(error).__name__, "message": str(error)}
        (plan_file.parent / "error.json").write_text(json.dumps(summary))
        return 1
    return 0


def workspace() -> Any:
    from azureml.core import Run

    return Run.get_context(allow_offline=False).experiment.workspace


def bring(data: dict[str, Any], arguments: list[str]) -> None:
    """Download a dataset, or a folder of a datastore. A mounted dataset of one file is that file."""
    from azureml.core import Dataset, Datastore

    Path(data["local"]).mkdir(parents=True, exist_ok=True)
    if data["dataset"]:
        dataset = Dataset.get_by_id(workspace(), data["dataset"])
    else:
        store = Datastore.get(workspace(), data["datastore"])
        dataset = Dataset.File.from_files((store, f"{data['path'].rstrip('/')}/**"))
    files = dataset.download(data["local"], overwrite=True)
    if data["mounted"] and len(files) == 1 and is_file(dataset, files[0]):
        os.environ[data["variable"]] = files[0]
        arguments[:] = [files[0] if argument == data["local"] else argument for argument in arguments]


def is_file(dataset: Any, file: str) -> bool:
    """Whether the definition of the dataset names this one file, and not a folder or a pattern."""
    return Path(file).name in str(dataset._definition) and "*" not in str(dataset._definition)


def take(data: dict[str, Any]) -> None:
    """Upload an output folder, register it where that was asked for, and have the run tell of it."""
    from azureml.core import Dataset, Datastore

    if data["globs"]:
        keep_only(Path(data["local"]), data["globs"])
    if not any(file.is_file() for file in Path(data["local"]).rglob("*")):
        return
    target = (Datastore.get(workspace(), data["datastore"]), data["path"])
    dataset = Dataset.File.upload_directory(data["local"], target, overwrite=True, show_progress=False)
    wanted = data["register"]
    if wanted.get("name"):
        blocks = json.loads(wanted.get("transformation") or "{}").get("blocks") or []
        dataset = table((target[0], f"{target[1].rstrip('/')}/**"), blocks) or dataset
        labels = {"description": wanted.get("description"), "tags": wanted.get("tags")}
        # register() would have the run tell of it a second time
        dataset = dataset._register(workspace(), wanted["name"], create_new_version=True, **labels)
    tell(data["name"], dataset)


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
    registered = registration and registration.registered_id
    saved = dataset._ensure_saved_internal(workspace())
    identifier = models.DatasetIdentifier(saved, registered, dataset.version)
    kind, details = models.DatasetOutputType.run_output, models.DatasetOutputDetails(output)
    lineage = models.OutputDatasetLineage(identifier, kind, details)
    Run.get_context()._update_output_dataset_lineage([lineage])


def table(target: Any, blocks: list[dict[str, Any]]) -> Any:
    """The rows of the files below `target` as the output was told to be read; None where it stays files."""
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
                how = {"separator": given["separator"], "header": header, **paths}
                found = Dataset.Tabular.from_delimited_files(target, **how)
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


def keep_metrics() -> None:
    """Wait until the metrics that the script has logged in the background are sent."""
    if "azureml.core" not in sys.modules:
        return
    from azureml.core import Run

    context = Run.get_context()
    for one in (context, getattr(context, "parent", None)):
        if one is not None and hasattr(one, "flush"):
            one.flush()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

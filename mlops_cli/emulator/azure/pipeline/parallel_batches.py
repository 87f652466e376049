"""What a ParallelRunStep works on: its inputs cut into mini-batches. Lies beside the driver as amlbi_batches.py.

Imports the SDK of the Python it runs in, nothing of ours.
"""

import argparse
import itertools
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


class Batch(NamedTuple):
    """A data frame or a list of paths; `key` are the values of the partition keys that it stands for.

    `first` is how many rows or files of the input are before it.
    """

    content: Any
    dataset: str
    key: dict[str, Any] | None = None
    first: int | None = None


class Context:
    """What a run() with a second parameter is told of its mini-batch."""

    def __init__(self, batch: Batch, index: int) -> None:
        self.partition_key_value = batch.key
        self.dataset_name = batch.dataset
        self.minibatch_index = index
        self.global_row_index_lower_bound = batch.first

    @property
    def dataset(self) -> Any:
        """The part of the input that the mini-batch is."""
        return part(opened(self.dataset_name), self.partition_key_value or {})


def size(text: str) -> int:
    """Files, or bytes as `10MB`."""
    found = re.fullmatch(r"\s*(\d+)\s*([KMG]?B?)\s*", text, re.IGNORECASE)
    if not found or found[2].upper() not in UNITS:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of files and no size such as 10MB")
    return int(found[1]) * UNITS[found[2].upper()]


def parsed(arguments: list[str]) -> argparse.Namespace:
    """The driver's own arguments; the others are the entry script's."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--scoring_module_name", required=True)
    parser.add_argument("--mini_batch_size", type=size, default=1)
    parser.add_argument("--error_threshold", type=int, default=-1)
    parser.add_argument("--allowed_failed_count", type=int)
    parser.add_argument("--allowed_failed_percent", type=float)
    parser.add_argument("--logging_level", default="INFO")
    parser.add_argument("--output_action", default="append_row")
    parser.add_argument("--output")
    parser.add_argument("--append_row_file_name", default="parallel_run_step.txt")
    parser.add_argument("--run_invocation_timeout", type=float, default=60)
    parser.add_argument("--run_max_try", type=int, default=3)
    parser.add_argument("--process_count_per_node", type=int, default=0)
    parser.add_argument("--profiling_module", choices=["cProfile", "profile"])
    parser.add_argument("--partition_keys", type=json.loads)
    return parser.parse_known_args(arguments)[0]


def batches(arguments: list[str], own: argparse.Namespace) -> list[Batch]:
    """Data frames of about `mini_batch_size` bytes, lists of `mini_batch_size` files, or partitions."""
    found: list[Batch] = []
    for flag, name in itertools.pairwise(arguments):
        if flag.startswith("--input_ds_"):
            found += rows(name, own)
        elif flag.startswith("--input_fds_") and own.partition_keys:
            found += folders(name, own.partition_keys)
        elif flag.startswith("--input_fds_"):
            found += lists(os.environ.get(f"AZUREML_DATAREFERENCE_{name}") or os.environ[name], name, own)
        elif re.fullmatch(r"--input\d+", flag):
            found += lists(name, Path(name).name, own)
    return found


def rows(name: str, own: argparse.Namespace) -> Iterator[Batch]:
    frame = opened(name).to_pandas_dataframe()
    if own.partition_keys:
        for values, group in frame.groupby(own.partition_keys, sort=False):
            values = values if isinstance(values, tuple) else (values,)
            yield Batch(group, name, dict(zip(own.partition_keys, values, strict=True)))
        return
    per_row = max(1, len(frame.to_csv(index=False)) // max(1, len(frame)))
    count = max(1, own.mini_batch_size // per_row)
    for start in range(0, len(frame), count):
        yield Batch(frame.iloc[start : start + count].reset_index(drop=True), name, first=start)


def lists(place: str, name: str, own: argparse.Namespace) -> Iterator[Batch]:
    paths = files(Path(place))
    for start in range(0, len(paths), own.mini_batch_size):
        yield Batch(paths[start : start + own.mini_batch_size], name, first=start)


def folders(name: str, keys: list[str]) -> Iterator[Batch]:
    dataset = opened(name)
    for index, key in enumerate(dataset.get_partition_key_values(keys)):
        folder = Path("..", "partitions", name, str(index)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        part(dataset, key).download(str(folder), overwrite=True)
        yield Batch(files(folder), name, key)


def opened(name: str) -> Any:
    from azureml.core import Run

    return Run.get_context().input_datasets[name]


def part(dataset: Any, key: dict[str, Any]) -> Any:
    for column, value in key.items():
        dataset = dataset.filter(dataset[column] == value)
    return dataset


def files(place: Path) -> list[str]:
    found = [place] if place.is_file() else sorted(file for file in place.rglob("*") if file.is_file())
    return [str(file) for file in found]

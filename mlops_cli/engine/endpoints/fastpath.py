"""The model of a revision compiled for the fast path, where it can be; see engine.compile."""

import subprocess
import sys
from pathlib import Path

import msgspec

from mlops_cli import paths
from mlops_cli.domain.data import Dataset
from mlops_cli.domain.runs import Model
from mlops_cli.engine.compile.outcome import Outcome
from mlops_cli.engine.endpoints import packaging
from mlops_cli.engine.serving.spec import read_spec
from mlops_cli.engine.store import Store
from mlops_cli.errors import NotFoundError

FAST = "fast"
INLINE_BYTES = 16_384
"""Some forty rows: bodies up to here are scored on the event loop, in well under a millisecond."""
SECONDS = 300.0


def compile_model(store: Store, draft: Path, model: Model) -> Outcome:
    """Compile the draft's model beside it and check it on the table it was trained on; never raises."""
    command = [sys.executable, "-P", "-m", "mlops_cli.engine.compile"]
    command += [str(draft / packaging.MODEL), str(draft / FAST), *_table(store, model)]
    outcome = _run(command)
    if outcome.engine == "onnx":
        spec = msgspec.structs.replace(read_spec(draft), fast=FAST, inline_bytes=INLINE_BYTES)
        packaging.write_spec(draft, spec)
    return outcome


def _run(command: list[str]) -> Outcome:
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
        return msgspec.json.decode(ended.stdout.splitlines()[-1], type=Outcome)
    except subprocess.TimeoutExpired:
        return Outcome("reference", f"compiling took longer than {SECONDS:.0f} s")
    except (OSError, IndexError, msgspec.DecodeError):
        return Outcome("reference", "the process that compiles it died")


def _table(store: Store, model: Model) -> list[str]:
    dataset = _dataset(store, model)
    if dataset is None:
        return []
    options = {"--delimiter": dataset.delimiter, "--encoding": dataset.encoding}
    file = paths.dataset_file(store.home, dataset.content_hash, dataset.format)
    return ["--rows", str(file), *(f"{name}={value}" for name, value in options.items() if value)]


def _dataset(store: Store, model: Model) -> Dataset | None:
    name, _, version = (model.dataset or "").partition(":")
    try:
        return store.datasets.get(name, int(version)) if version.isdigit() else None
    except NotFoundError:
        return None

"""The data of a pipeline as datasets that steps mount."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, NamedTuple

from mlops_cli.backends.azureml.data import AzureData
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own
from mlops_cli.domain.pipelines import DataInput, PipelineDefinition
from mlops_cli.engine.pipelines.content import content_hash
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.data import FileDataset

ROOT = "mlops/pipelines/data"


class Resolved(NamedTuple):
    """`content` tells two states of the data apart; `label` is what people call it."""

    dataset: FileDataset
    content: str
    label: str


def resolve(session: Session, definition: PipelineDefinition, name: str, given: DataInput) -> Resolved:
    """Bring local files to the default datastore, or find a registered dataset.

    Raises NotFoundError for what is not there, UsageError for what cannot be mounted.
    """
    if given.dataset:
        return _registered(session, given.dataset)
    if given.model:
        hint = "let the script download it: azureml.core.Model(workspace, name).download()"
        raise UsageError(f"data '{name}': a model cannot be mounted on Azure", hint=hint)
    path = Path(definition.root) / Path(given.path or "").expanduser()
    if not path.exists():
        hint = f"correct it, or use --data {name}=PATH"
        raise NotFoundError(f"data '{name}': there is no {path}", hint=hint)
    return _uploaded(session, path, given.path or "")


def _registered(session: Session, text: str) -> Resolved:
    name, _, version = text.partition(":")
    table = AzureData(session).table(name, int(version) if version.isdigit() else None)
    known = own(table.tags)
    if "folder" not in known:
        hint = "register the file with: mlops data register"
        raise UsageError(f"dataset {name} was not registered by mlops: it has no file to mount", hint=hint)
    described = AzureData(session).get(name, int(table.version))
    dataset = _files(session, f"{known['folder']}/data.{described.format}")
    return Resolved(dataset, str(table.id), f"{table.name}:{table.version}")


def _uploaded(session: Session, path: Path, label: str) -> Resolved:
    content = content_hash(path)
    target = f"{ROOT}/{hashlib.sha256(content.encode()).hexdigest()[:16]}"
    store = session.workspace.get_default_datastore()
    if path.is_dir():
        store.upload(str(path), target_path=target, overwrite=True, show_progress=False)
        return Resolved(_files(session, f"{target}/**"), content, label)
    with tempfile.TemporaryDirectory() as place:
        copyfile(path, Path(place, path.name))
        store.upload(place, target_path=target, overwrite=True, show_progress=False)
    return Resolved(_files(session, f"{target}/{path.name}"), content, label)


def _files(session: Session, path: str) -> FileDataset:
    from azureml.core import Dataset

    return Dataset.File.from_files((session.workspace.get_default_datastore(), path))

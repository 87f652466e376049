"""The data of a pipeline as datasets that steps mount."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any, NamedTuple

from mlops_cli.backends.azureml.data import AzureData, as_utf8, tabular
from mlops_cli.backends.azureml.models import AzureModels
from mlops_cli.backends.azureml.pipelines import written
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own
from mlops_cli.domain.pipelines import DataInput, PipelineDefinition
from mlops_cli.engine.pipelines.content import content_hash
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.data import FileDataset, TabularDataset

ROOT = "mlops/pipelines/data"


class Resolved(NamedTuple):
    """`content` tells two states of the data apart; `label` is what people call it.

    `place` is on the default datastore; `file` is here where a local one was brought there. Of a registered
    dataset `predicted` is the column that it was registered to predict.
    """

    dataset: FileDataset
    content: str
    label: str
    place: str
    registered: TabularDataset | None = None
    file: Path | None = None
    registered_bytes_per_row: float = 0.0
    predicted: str | None = None

    def is_folder(self) -> bool:
        return self.registered is None and self.file is None

    def bytes_per_row(self) -> float:
        """Of what is no folder. Raises DataError for a file that is no table."""
        if self.file is None:
            return self.registered_bytes_per_row
        return written.of(self.file, self.content).bytes_per_row


def content(session: Session, definition: PipelineDefinition, name: str, given: DataInput) -> str:
    """What tells two states of the data apart; nothing is sent. Raises as `resolve` does."""
    if given.dataset:
        return _registered(session, given.dataset).content
    if given.model:
        return _model(session, given.model)[0]
    return content_hash(_path(definition, name, given))


def resolve(session: Session, definition: PipelineDefinition, name: str, given: DataInput) -> Resolved:
    """Bring local files or a model to the default datastore, or find a registered dataset.

    Raises NotFoundError for what is not there, UsageError for what cannot be mounted.
    """
    if given.dataset:
        return _registered(session, given.dataset)
    if given.model:
        return _downloaded(session, given.model)
    return _uploaded(session, _path(definition, name, given), given.path or "")


def _path(definition: PipelineDefinition, name: str, given: DataInput) -> Path:
    path = Path(definition.root) / Path(given.path or "").expanduser()
    if not path.exists():
        hint = f"correct it, or use --data {name}=PATH"
        raise NotFoundError(f"data '{name}': there is no {path}", hint=hint)
    return path


def chosen(
    session: Session, name: str, given: DataInput, read_as: str
) -> tuple[FileDataset | TabularDataset, str]:
    """What a run is given in place of published data, and what people call it.

    A local path is seen from here. Raises as `resolve` does, UsageError for a folder instead of rows.
    """
    found = resolve(session, PipelineDefinition(name, {}, str(Path.cwd())), name, given)
    return (table(session, found) if read_as == "rows" else found.dataset), found.label


def _registered(session: Session, text: str) -> Resolved:
    name, _, version = text.partition(":")
    table = AzureData(session).table(name, int(version) if version.isdigit() else None)
    known = own(table.tags)
    if "folder" not in known:
        hint = "register the file with: mlops data register"
        raise UsageError(f"dataset {name} was not registered by mlops: it has no file to mount", hint=hint)
    described = AzureData(session).get(name, int(table.version))
    place = f"{known['folder']}/data.{described.format}"
    label = f"{table.name}:{table.version}"
    size = described.size_bytes / max(1, described.profile.rows)
    files, predicted = _files(session, place), described.profile.label
    return Resolved(files, str(table.id), label, place, table, None, size, predicted)


def _model(session: Session, text: str) -> tuple[str, int]:
    """NAME:VERSION of a registered model, the newest unless one is asked for, and the version."""
    name, _, version = text.partition(":")
    found = AzureModels(session).registered(name, int(version) if version.isdigit() else None)
    return f"{found.name}:{found.version}", int(found.version)


def _downloaded(session: Session, text: str) -> Resolved:
    """A model as a folder that steps mount. A version never changes: its name is its content."""
    label, version = _model(session, text)
    with tempfile.TemporaryDirectory() as place:
        folder = AzureModels(session).download(text.partition(":")[0], version, Path(place, "model"))
        return _folder(session, folder, f"model {session.workspace.name} {label}", label)


def _uploaded(session: Session, path: Path, label: str) -> Resolved:
    """The place is named by the content: what is there already is not sent again."""
    content = content_hash(path)
    if path.is_dir():
        return _folder(session, path, content, label)
    target, store = _target(content), session.workspace.get_default_datastore()
    with tempfile.TemporaryDirectory() as place:
        copyfile(path, Path(place, path.name))
        store.upload(place, target_path=target, overwrite=False, show_progress=False)
    place = f"{target}/{path.name}"
    return Resolved(_files(session, place), content, label, place, file=path)


def _folder(session: Session, path: Path, content: str, label: str) -> Resolved:
    target, store = _target(content), session.workspace.get_default_datastore()
    store.upload(str(path), target_path=target, overwrite=False, show_progress=False)
    return Resolved(_files(session, f"{target}/**"), content, label, target)


def _target(content: str) -> str:
    return f"{ROOT}/{hashlib.sha256(content.encode()).hexdigest()[:16]}"


def table(session: Session, resolved: Resolved) -> TabularDataset:
    """The data as a table. Raises UsageError for a folder, DataError for a file that is no table."""
    if resolved.registered is not None:
        return resolved.registered
    if resolved.file is None:
        raise UsageError(f"{resolved.label} is a folder, not a table")
    how, place = written.of(resolved.file, resolved.content), resolved.place
    if how.encoding not in (None, "utf-8"):
        place = _as_utf8(session, resolved.file, how.encoding, f"{_target(resolved.content)}-utf-8")
    return tabular(session, place, how.format, how.delimiter, how.multi_line)


def _as_utf8(session: Session, file: Path, encoding: str | None, target: str) -> str:
    """A copy for those who read rows, beside the file that scripts get as it is."""
    with tempfile.TemporaryDirectory() as place:
        Path(place, file.name).write_bytes(as_utf8(file.read_bytes(), encoding))
        store = session.workspace.get_default_datastore()
        store.upload(place, target_path=target, overwrite=False, show_progress=False)
    return f"{target}/{file.name}"


def port_name(*parts: str) -> str:
    """Azure's names of inputs and outputs are letters, digits and '_'."""
    return re.sub(r"\W", "_", "_".join(parts), flags=re.ASCII)


def distinct(ports: Iterable[Any]) -> list[Any]:
    """Each once: an output that goes into a step under two names is one port there."""
    return list({id(port): port for port in ports}.values())


def _files(session: Session, path: str) -> FileDataset:
    from azureml.core import Dataset

    return Dataset.File.from_files((session.workspace.get_default_datastore(), path))

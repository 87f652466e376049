"""Tabular datasets of the workspace: bytes and profile on the default datastore, versions in the registry."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlops_cli.backends.azureml import missing
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import own, with_own, without_own
from mlops_cli.domain.data import Dataset, Registration
from mlops_cli.engine.data import loading, registering
from mlops_cli.engine.files import write_atomic
from mlops_cli.errors import UsageError

if TYPE_CHECKING:
    from azureml.data import TabularDataset

ROOT = "mlops/datasets"
PROFILE = "dataset.json"


class AzureData:
    """DataBackend over `azureml.core.Dataset`.

    What we register has its profile beside it. What others registered is profiled once and kept here.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def register(self, wanted: Registration) -> tuple[Dataset, bool]:
        content, new, known = self._compared(wanted)
        if known:
            return known, False
        new.tags = wanted.tags
        folder = self._upload(new, content)
        place = f"{folder}/{_file_name(new)}"
        several = spans_lines(as_utf8(content, new.encoding), new.profile.rows)
        table = tabular(self._session, place, new.format, new.delimiter, several)
        registered = table.register(
            self._session.workspace,
            wanted.name,
            description=f"registered by mlops from {new.file_name}",
            tags=with_own(new.tags, folder=folder, content=new.content_hash),
            create_new_version=True,
        )
        new.version = int(registered.version)
        return new, True

    def preview(self, wanted: Registration) -> tuple[Dataset, bool]:
        _, new, known = self._compared(wanted)
        new.tags = wanted.tags
        return known or new, known is None

    def list(self) -> list[Dataset]:
        """The newest version of every tabular dataset, the newest first."""
        from azureml.core import Dataset as Registered
        from azureml.data import TabularDataset

        found = Registered.get_all(self._session.workspace)
        tables = [table for table in map(found.get, found) if isinstance(table, TabularDataset)]
        return sorted(map(self._described, tables), key=lambda dataset: dataset.created_at, reverse=True)

    def get(self, name: str, version: int | None = None) -> Dataset:
        return self._described(self.table(name, version))

    def table(self, name: str, version: int | None = None) -> TabularDataset:
        """The SDK's own object. Raises NotFoundError, UsageError for files that are no table."""
        from azureml.core import Dataset as Registered
        from azureml.data import TabularDataset

        workspace = self._session.workspace
        wanted = version or "latest"
        found = self._session.find(lambda: Registered.get_by_name(workspace, name, version=wanted))
        if found is None:
            raise missing.no_version("dataset", name, version, Registered.get_all(workspace))
        if not isinstance(found, TabularDataset):
            raise UsageError(f"dataset {name} is not tabular")
        return found

    def _compared(self, wanted: Registration) -> tuple[bytes, Dataset, Dataset | None]:
        """The file's content, what it would become, and the newest version where that is the same already."""
        registering.check_name(wanted.name)
        content = loading.load(wanted.path)
        new = registering.describe(
            content,
            wanted.path,
            wanted.name,
            label=wanted.label,
            delimiter=wanted.delimiter,
            encoding=wanted.encoding,
        )
        latest = self._latest(wanted.name)
        new.version = latest.version + 1 if latest else 1
        same = latest is not None and registering.covers(
            latest, new.content_hash, wanted.label, wanted.delimiter, wanted.encoding
        )
        return content, new, latest if same else None

    def _latest(self, name: str) -> Dataset | None:
        found = self._session.find(lambda: self.table(name))
        return self._described(found) if found is not None else None

    def _upload(self, new: Dataset, content: bytes) -> str:
        """Put content and profile on the default datastore; returns their folder."""
        told = msgspec.json.encode(new)
        key = hashlib.sha256(f"{new.content_hash}{new.profile.label}{new.delimiter}".encode()).hexdigest()[
            :16
        ]
        folder = f"{ROOT}/{new.name}/{key}"
        with tempfile.TemporaryDirectory() as place:
            Path(place, _file_name(new)).write_bytes(as_utf8(content, new.encoding))
            Path(place, PROFILE).write_bytes(told)
            store = self._session.workspace.get_default_datastore()
            store.upload(place, target_path=folder, overwrite=True, show_progress=False)
        return folder

    def _described(self, table: TabularDataset) -> Dataset:
        """Our description of a registered table, kept here because a version never changes."""
        kept = self._session.home / "datasets" / f"{table.id}.json"
        if kept.exists():
            return msgspec.json.decode(kept.read_bytes(), type=Dataset)
        folder = own(table.tags).get("folder")
        found = self._downloaded(folder) if folder else self._profiled(table)
        found.name, found.version = table.name, int(table.version)
        found.tags = without_own(table.tags)
        write_atomic(kept, msgspec.json.encode(found))
        return found

    def _downloaded(self, folder: str) -> Dataset:
        with tempfile.TemporaryDirectory() as place:
            store = self._session.workspace.get_default_datastore()
            store.download(place, prefix=f"{folder}/{PROFILE}", overwrite=True, show_progress=False)
            return msgspec.json.decode(Path(place, folder, PROFILE).read_bytes(), type=Dataset)

    def _profiled(self, table: TabularDataset) -> Dataset:
        """A dataset that somebody else registered, read as a CSV of what Azure makes of it."""
        content = table.to_pandas_dataframe().to_csv(index=False).encode()
        found = registering.describe(content, Path(f"{table.name}.csv"), table.name)
        changed = table.data_changed_time
        found.source, found.created_at = "azureml", changed.isoformat() if changed else found.created_at
        return found


def tabular(
    session: Session, path: str, format: str, delimiter: str | None, multi_line: bool
) -> TabularDataset:
    """A file on the default datastore as a table; `multi_line` where line breaks stand in values."""
    from azureml.core import Dataset as Registered

    place = [(session.workspace.get_default_datastore(), path)]
    if format == "parquet":
        return Registered.Tabular.from_parquet_files(place)
    table = Registered.Tabular.from_delimited_files(
        place, separator=delimiter or ",", support_multi_line=multi_line, infer_column_types=False
    )
    return _typed(table)


def _typed(table: TabularDataset) -> TabularDataset:
    """With the types of its values, as the SDK finds them, but in an order.

    That of the SDK is another one in each process, and a table that is defined otherwise is another table: no step
    that reads it would be reused.
    """
    builder = table._dataflow.builders.set_column_types()
    builder.learn()
    if builder.ambiguous_date_columns:
        builder.ambiguous_date_conversions_keep_month_day()
    found = builder.conversion_candidates
    for name in sorted(found):
        found[name] = found.pop(name)
    return type(table)._create(builder.to_dataflow())


def _file_name(dataset: Dataset) -> str:
    return f"data.{dataset.format}"


def spans_lines(content: bytes, rows: int) -> bool:
    """Whether values have line breaks in them. Told that they have, Azure takes blank lines for rows."""
    return sum(not line.isspace() for line in content.split(b"\n") if line) > rows + 1


def as_utf8(content: bytes, encoding: str | None) -> bytes:
    """The bytes as Azure reads them; it knows fewer encodings than there are."""
    return content if encoding is None else content.decode(encoding).encode()

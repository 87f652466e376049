"""Datasets on this machine."""

from pathlib import Path

from mlops_cli.domain.data import Dataset
from mlops_cli.engine.store import Store


class LocalData:
    """DataBackend over files in the state directory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def register(
        self,
        path: Path,
        name: str,
        *,
        label: str | None = None,
        delimiter: str | None = None,
        encoding: str | None = None,
        tags: dict[str, str] | None = None,
    ) -> tuple[Dataset, bool]:
        from mlops_cli.engine.data.registering import register

        return register(
            self._store, path, name, label=label, delimiter=delimiter, encoding=encoding, tags=tags
        )

    def preview(
        self,
        path: Path,
        name: str,
        *,
        label: str | None = None,
        delimiter: str | None = None,
        encoding: str | None = None,
        tags: dict[str, str] | None = None,
    ) -> tuple[Dataset, bool]:
        from mlops_cli.engine.data.registering import register

        return register(
            self._store,
            path,
            name,
            label=label,
            delimiter=delimiter,
            encoding=encoding,
            tags=tags,
            keep=False,
        )

    def list(self) -> list[Dataset]:
        return self._store.datasets.all()

    def get(self, name: str, version: int | None = None) -> Dataset:
        return self._store.datasets.get(name, version)

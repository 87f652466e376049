"""Datasets on this machine."""

from mlops_cli.domain.data import Dataset, Registration
from mlops_cli.engine.store import Store


class LocalData:
    """DataBackend over files in the state directory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def register(self, wanted: Registration) -> tuple[Dataset, bool]:
        return self._register(wanted, keep=True)

    def preview(self, wanted: Registration) -> tuple[Dataset, bool]:
        return self._register(wanted, keep=False)

    def _register(self, wanted: Registration, *, keep: bool) -> tuple[Dataset, bool]:
        from mlops_cli.engine.data.registering import register

        return register(
            self._store,
            wanted.path,
            wanted.name,
            label=wanted.label,
            delimiter=wanted.delimiter,
            encoding=wanted.encoding,
            tags=wanted.tags,
            keep=keep,
        )

    def list(self) -> list[Dataset]:
        return self._store.datasets.all()

    def get(self, name: str, version: int | None = None) -> Dataset:
        return self._store.datasets.get(name, version)

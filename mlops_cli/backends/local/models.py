"""The model registry on this machine."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from mlops_cli.domain.data import Row
from mlops_cli.domain.explanation import Explanation
from mlops_cli.domain.runs import Model
from mlops_cli.engine import models as registry
from mlops_cli.engine.store import Store
from mlops_cli.engine.training.outcome import best_model_folder, model_fields
from mlops_cli.errors import UsageError
from mlops_cli.writing import errors_of


class LocalModels:
    """ModelBackend over folders in the state directory."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def register(self, run_id: str, name: str, tags: dict[str, str] | None = None) -> tuple[Model, bool]:
        run = self._store.runs.get(run_id)
        folder = best_model_folder(self._store.home, run)
        return registry.register(self._store, folder, name, **model_fields(self._store, run, tags))

    def register_folder(self, folder: Path, name: str, tags: dict[str, str]) -> tuple[Model, bool]:
        return registry.register(self._store, folder, name, tags=tags)

    def list(self, name: str | None = None) -> list[Model]:
        return self._store.models.all(name)

    def get(self, name: str, version: int | None = None) -> Model:
        return self._store.models.get(name, version)

    def explain(self, name: str, version: int | None, rows: Sequence[Row]) -> Explanation:
        from mlops_cli.engine.model.explain import explain
        from mlops_cli.engine.model.folder import load

        return explain(load(self.get(name, version).path), rows)

    def download(self, name: str, version: int | None, target: Path) -> Path:
        if target.exists():
            raise UsageError(f"{target} exists already", hint="name another folder with --to")
        found = self.get(name, version)
        with errors_of(target):
            shutil.copytree(found.path, target)
        return target

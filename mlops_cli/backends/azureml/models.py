"""The workspace's model registry."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_cli.backends.azureml import explaining, missing
from mlops_cli.backends.azureml.data import AzureData
from mlops_cli.backends.azureml.history import parent
from mlops_cli.backends.azureml.registration import Facts, facts_of, register_best
from mlops_cli.backends.azureml.schemas import input_schema
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.tags import with_own, without_own
from mlops_cli.domain.data import Row
from mlops_cli.domain.explanation import Explanation
from mlops_cli.domain.runs import Model
from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.models import content_hash
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.core import Model as AzureModel


class AzureModels:
    """ModelBackend over `azureml.core.Model`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def register(self, run_id: str, name: str, tags: dict[str, str] | None = None) -> tuple[Model, bool]:
        from azureml.core import Run as AzureRun

        run = self._session.find(lambda: AzureRun.get(self._session.workspace, run_id))
        if run is None:
            raise missing.no_run(run_id)
        made, new = register_best(self._session, run, parent(run), name, tags or {})
        return self._described(made), new

    def register_folder(self, folder: Path, name: str, tags: dict[str, str]) -> tuple[Model, bool]:
        import msgspec
        from azureml.core import Model as AzureModel

        if not folder.exists():
            hint = "give the folder that holds the model"
            raise NotFoundError(f"there is no model folder {folder}", hint=hint)
        content = content_hash(folder)
        newest = next(iter(AzureModel.list(self._session.workspace, name=name, latest=True)), None)
        if newest is not None and facts_of(newest).content == content:
            return self._described(newest), False
        told = msgspec.json.encode(Facts(content=content)).decode()
        made = AzureModel.register(
            self._session.workspace,
            model_path=str(folder),
            model_name=name,
            tags=tags,
            properties=with_own({}, facts=told),
        )
        return self._described(made), True

    def list(self, name: str | None = None) -> list[Model]:
        from azureml.core import Model as AzureModel

        found = map(self._described, AzureModel.list(self._session.workspace, name=name))
        return sorted(found, key=lambda model: (model.created_at, model.version), reverse=True)

    def get(self, name: str, version: int | None = None) -> Model:
        return self._described(self.registered(name, version))

    def download(self, name: str, version: int | None, target: Path) -> Path:
        if target.exists():
            raise UsageError(f"{target} exists already", hint="name another folder with --to")
        found = self.registered(name, version)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as place:
            got = Path(found.download(target_dir=place, exist_ok=True))
            # Azure keeps a folder's name as the first level; here the folder itself is asked for.
            if got.is_dir():
                got.rename(target)
            else:
                target.mkdir()
                got.rename(target / got.name)
        return target

    def explain(self, name: str, version: int | None, rows: Sequence[Row]) -> Explanation:
        """What AutoML told of the model; single rows are explained on this machine."""
        found = self.registered(name, version)
        schema = self._schema(facts_of(found))
        columns = [field.name for field in schema.inputs] if schema else []
        told = None if rows else explaining.stored(self._session, found, columns)
        return told or explaining.computed(found, rows)

    def registered(self, name: str, version: int | None = None) -> AzureModel:
        """The SDK's own object. Raises NotFoundError naming what there is."""
        from azureml.core import Model as AzureModel

        workspace = self._session.workspace
        found = self._session.find(lambda: AzureModel(workspace, name=name, version=version))
        if found is None:
            raise missing.no_version("model", name, version, (m.name for m in AzureModel.list(workspace)))
        return found

    def _described(self, found: AzureModel) -> Model:
        facts = facts_of(found)
        return Model(
            name=found.name,
            version=int(found.version),
            content_hash=facts.content,
            path=str(found.url),
            created_at=found.created_time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            task=facts.task,
            algorithm=facts.algorithm,
            run_id=facts.run_id or found.run_id or None,
            dataset=facts.dataset,
            metrics=facts.metrics,
            tags=without_own(found.tags),
            model_schema=self._schema(facts),
        )

    def _schema(self, facts: Facts) -> ModelSchema | None:
        """What the model takes, read off the data it was trained on; None where that is not known."""
        if not (facts.dataset and facts.label):
            return None
        name, _, version = facts.dataset.partition(":")
        try:
            return input_schema(AzureData(self._session).get(name, int(version)), facts)
        except NotFoundError:
            return None

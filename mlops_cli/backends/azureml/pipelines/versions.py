"""Versions of a pipeline: published pipelines behind a PipelineEndpoint, told apart by their content.

Every published pipeline says in its description what it is (`Told`), so that every machine sees the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from mlops_cli.backends.azureml.pipelines import data
from mlops_cli.backends.azureml.pipelines.facts import StepFacts
from mlops_cli.backends.azureml.session import Session
from mlops_cli.domain.pipelines import DataInput
from mlops_cli.domain.publishing import PublishedPipeline
from mlops_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from azureml.data import FileDataset, TabularDataset
    from azureml.pipeline.core import PipelineEndpoint as AzureEndpoint
    from azureml.pipeline.core import PublishedPipeline as AzurePublished

MARK = "mlops "


class Told(Struct, omit_defaults=True):
    """What a published pipeline says of itself."""

    content: str
    name: str
    created_at: str
    steps: list[StepFacts] = []
    parameters: dict[str, Any] = {}
    label: str | None = None
    description: str | None = None
    git_commit: str | None = None
    git_dirty: bool = False
    from_run: str | None = None
    data: dict[str, str] = {}
    open_data: dict[str, str] = {}

    def text(self) -> str:
        return MARK + msgspec.json.encode(self).decode()

    def version(self, number: int) -> PublishedPipeline:
        """What it is, but for what Azure knows of it."""
        return PublishedPipeline(
            id="",
            name=self.name,
            version=number,
            content_hash=self.content,
            created_at=self.created_at,
            label=self.label,
            description=self.description,
            parameters=self.parameters,
            git_commit=self.git_commit,
            git_dirty=self.git_dirty,
            from_run=self.from_run,
        )


class Version(Struct):
    """What is known of the version that a run came from."""

    name: str
    version: int | None
    told: Told


def told_by(description: str | None) -> Told | None:
    """None for a pipeline that was published by something else."""
    if not (description or "").startswith(MARK):
        return None
    try:
        return msgspec.json.decode((description or "").removeprefix(MARK), type=Told)
    except msgspec.DecodeError:
        return None


class Versions:
    """Reads endpoints and their versions. Ours count from 1, Azure's from 0."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def endpoint(self, name: str) -> AzureEndpoint:
        """Raises NotFoundError."""
        found = self.find(name)
        if found is None:
            known = ", ".join(sorted(one.name for one in self.endpoints())) or "nothing is published yet"
            raise NotFoundError(f"no published pipeline '{name}'; there is: {known}",
                                hint="see: mlops pipeline list")  # fmt: skip
        return found

    def find(self, name: str) -> AzureEndpoint | None:
        return next((one for one in self.endpoints() if one.name == name), None)

    def endpoints(self) -> list[AzureEndpoint]:
        from azureml.pipeline.core import PipelineEndpoint

        return PipelineEndpoint.list(self._session.workspace, active_only=False)

    def of(self, pipeline_id: str | None) -> Version | None:
        """The version that a published pipeline is."""
        from azureml.pipeline.core import PublishedPipeline

        if not pipeline_id:
            return None
        workspace = self._session.workspace
        found = self._session.find(lambda: PublishedPipeline.get(workspace, pipeline_id))
        if found is None:
            return None
        told = told_by(found.description) or Told("", found.name, "")
        front = self.find(told.name)
        numbers = (
            {one.pipeline_id: int(one.version) + 1 for one in front.pipeline_version_list} if front else {}
        )
        return Version(told.name, numbers.get(pipeline_id), told)

    def all(self, endpoint: AzureEndpoint) -> list[PublishedPipeline]:
        """The versions of an endpoint, newest first."""
        pipelines = {one.id: one for one in endpoint.list_pipelines(active_only=False)}
        found = [
            _described(endpoint, int(one.version) + 1, pipelines[one.pipeline_id])
            for one in endpoint.pipeline_version_list
            if one.pipeline_id in pipelines
        ]
        return sorted(found, key=lambda version: version.version, reverse=True)


def chosen(
    session: Session, version: PublishedPipeline, given: dict[str, DataInput]
) -> dict[str, tuple[FileDataset | TabularDataset, str]]:
    """The datasets, with what people call them, that a run uses instead of published ones.

    Raises UsageError for data that the version does not leave open.
    """
    from azureml.pipeline.core import PublishedPipeline as Azure

    told = told_by(Azure.get(session.workspace, version.id).description) if given else None
    known = told.open_data if told else {}
    for name in given:
        if told and name not in told.data:
            have = ", ".join(told.data) or "it has none"
            raise UsageError(f"the pipeline has no data '{name}'; there is: {have}")
        if name not in known:
            have = ", ".join(known) or "none"
            message = f"data '{name}' of pipeline '{version.name}' are fixed; a run may choose: {have}"
            raise UsageError(message, hint="publish the pipeline with others")
    return {name: data.chosen(session, name, one, known[name]) for name, one in given.items()}


def _described(endpoint: AzureEndpoint, version: int, pipeline: AzurePublished) -> PublishedPipeline:
    told = told_by(pipeline.description) or Told("", endpoint.name, "", description=pipeline.description)
    return replace(
        told.version(version),
        id=pipeline.id,
        name=endpoint.name,
        endpoint=endpoint.endpoint,
        version_endpoint=pipeline.endpoint,
        is_default=int(endpoint.default_version) + 1 == version,
        enabled=pipeline.status == "Active",
        pipeline_enabled=endpoint.status == "Active",
    )

"""The backend that is an Azure Machine Learning workspace, driven through the Azure ML SDK v1.

One thin module per verb over the SDK's public classes; nothing outside this package imports `azureml.*`.

__init__     the parts, made on first use, each guarded
session      the workspace handle that the parts share
sdk          the SDK's environment and its chatter
guard        errors become ours, chatter stays off stdout, throttled reads wait
errors       from Azure's exceptions to our errors
signin/      who we are: credentials, their order, tokens
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from mlops_cli.backends.azureml import sdk

if TYPE_CHECKING:
    from mlops_cli.backends.base import (
        AuthBackend,
        Context,
        DataBackend,
        EndpointBackend,
        ModelBackend,
        PipelineBackend,
        RunBackend,
    )


class AzureMLBackend:
    """The profile's workspace. Nothing is sent before a part is asked for something.

    Whatever imports the SDK is imported late, because the SDK reads its settings when it is imported.
    """

    name = "azureml"

    def __init__(self, context: Context) -> None:
        sdk.prepare()
        from mlops_cli.backends.azureml.session import Session

        self._session = Session(context)

    @cached_property
    def auth(self) -> AuthBackend:
        from mlops_cli.backends.azureml.auth import AzureAuth

        return self._guarded(AzureAuth(self._session))

    @cached_property
    def data(self) -> DataBackend:
        from mlops_cli.backends.azureml.data import AzureData

        return self._guarded(AzureData(self._session))

    @cached_property
    def runs(self) -> RunBackend:
        from mlops_cli.backends.azureml.runs import AzureRuns

        return self._guarded(AzureRuns(self._session))

    @cached_property
    def models(self) -> ModelBackend:
        from mlops_cli.backends.azureml.models import AzureModels

        return self._guarded(AzureModels(self._session))

    @cached_property
    def endpoints(self) -> EndpointBackend:
        from mlops_cli.backends.azureml.endpoints import AzureEndpoints

        return self._guarded(AzureEndpoints(self._session))

    @cached_property
    def pipelines(self) -> PipelineBackend:
        from mlops_cli.backends.azureml.pipelines import AzurePipelines

        return self._guarded(AzurePipelines(self._session))

    def _guarded(self, part: Any) -> Any:
        from mlops_cli.backends.azureml.guard import Guarded

        return Guarded(part)

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
from typing import TYPE_CHECKING, cast

from mlops_cli.backends.azureml.guard import Guarded
from mlops_cli.backends.azureml.session import Session

if TYPE_CHECKING:
    from mlops_cli.backends.base import (
        AuthBackend,
        Context,
        DataBackend,
        EndpointBackend,
        ModelBackend,
        RunBackend,
    )


class AzureMLBackend:
    """The profile's workspace. Nothing is sent before a part is asked for something."""

    name = "azureml"

    def __init__(self, context: Context) -> None:
        self._session = Session(context)

    @cached_property
    def auth(self) -> AuthBackend:
        from mlops_cli.backends.azureml.auth import AzureAuth

        return cast("AuthBackend", Guarded(AzureAuth(self._session)))

    @cached_property
    def data(self) -> DataBackend:
        from mlops_cli.backends.azureml.data import AzureData

        return cast("DataBackend", Guarded(AzureData(self._session)))

    @cached_property
    def runs(self) -> RunBackend:
        from mlops_cli.backends.azureml.runs import AzureRuns

        return cast("RunBackend", Guarded(AzureRuns(self._session)))

    @cached_property
    def models(self) -> ModelBackend:
        from mlops_cli.backends.azureml.models import AzureModels

        return cast("ModelBackend", Guarded(AzureModels(self._session)))

    @cached_property
    def endpoints(self) -> EndpointBackend:
        from mlops_cli.backends.azureml.endpoints import AzureEndpoints

        return cast("EndpointBackend", Guarded(AzureEndpoints(self._session)))

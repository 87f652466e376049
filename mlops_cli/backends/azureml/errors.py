"""From Azure's failures to ours: what was wrong, Azure's code, the request id, and what to do."""

from __future__ import annotations

import re
from typing import ClassVar

import requests
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError, ServiceResponseError
from azureml.exceptions import AuthenticationException, ModelNotFoundException
from msrest.exceptions import ClientRequestError

from mlops_cli.backends.azureml.failure import Failure, chain, learn
from mlops_cli.errors import MlopsError, NotFoundError, SignInError, UsageError, WorkFailedError

NETWORK = (
    requests.ConnectionError,
    requests.Timeout,
    ClientRequestError,
    ServiceRequestError,
    ServiceResponseError,
)
SIGN_IN = (AuthenticationException, ClientAuthenticationError)
WRONG_INPUT = ("ConfigException", "ValidationException", "DataException", "UserErrorException")
"""Names of the SDK's exceptions for what its caller got wrong; AutoML's come with a module of its own."""
MISSING = re.compile(r"not ?found|cannot find|could not find|does not exist|no such", re.I)
CORRECT = "correct what Azure names, then run it again"
QUOTA = re.compile(r"quota|capacity|cores? (limit|exceeded)", re.I)


class AzureError(MlopsError):
    """Azure could not be reached, or could not do its part."""

    code: ClassVar[str] = "Azure"


class ThrottledError(AzureError):
    """Azure still asks for fewer calls after the SDK has waited as long as it was told to."""

    code = "Throttled"


def translated(error: Exception) -> MlopsError:
    """The error of ours that stands for an exception of the SDK."""
    known = next((link for link in chain(error) if isinstance(link, MlopsError)), None)
    if known is not None:
        return known
    failure = learn(error)
    ours = _by_status(failure) or _by_kind(error, failure)
    ours.details = _details(failure)
    return ours


def of_answer(failure: Failure) -> MlopsError:
    """The error of ours for an answer that is known without an exception of the SDK."""
    ours = _by_status(failure) or AzureError(failure.message)
    ours.details = _details(failure)
    return ours


def _by_status(failure: Failure) -> MlopsError | None:
    message = failure.message
    match failure.status:
        case 401:
            return SignInError(f"Azure does not accept the sign-in: {message}", hint="mlops auth login")
        case 403:
            hint = "ask for the role Contributor (or AzureML Data Scientist) on the workspace"
            return SignInError(f"not allowed: {message}", hint=hint)
        case 404:
            return NotFoundError(
                message, hint="check the names; mlops auth status shows which workspace it is"
            )
        case 408 | 504:
            return AzureError(f"Azure did not answer in time: {message}", hint="run the same command again")
        case 429:
            hint = f"wait {_wait(failure)}, then run it again"
            return ThrottledError(f"Azure asks for fewer calls: {message}", hint=hint)
        case 409:
            hint = "another change is under way, or the name is taken; look, then run it again"
            return UsageError(f"Azure reports a conflict: {message}", hint=hint)
        case int(status) if status >= 500:
            again = f"wait {_wait(failure)}, then run it again" if failure.retry_after else "run it again"
            hint = f"{again}; if it stays, give Azure's support the request id"
            return AzureError(f"Azure failed with {status}: {message}", hint=hint)
        case int(status) if status >= 400:
            return _quota(failure) or UsageError(f"Azure refused: {message}", hint=CORRECT)
    return None


def _wait(failure: Failure) -> str:
    return f"{failure.retry_after:.0f} seconds" if failure.retry_after else "a minute"


def _by_kind(error: Exception, failure: Failure) -> MlopsError:
    message = failure.message
    kinds = tuple(chain(error))
    if any(isinstance(link, SIGN_IN) for link in kinds):
        return SignInError(f"Azure refused the sign-in: {message}", hint="mlops auth status --explain")
    if any(isinstance(link, NETWORK) for link in kinds):
        return AzureError(f"Azure cannot be reached: {message}", hint="check the network and the proxy")
    if isinstance(error, ModelNotFoundException) or MISSING.search(message):
        return NotFoundError(message)
    if quota := _quota(failure):
        return quota
    if any(type(link).__name__ in WRONG_INPUT for link in kinds):
        return UsageError(f"Azure refused: {message}", hint=CORRECT)
    return AzureError(f"{type(error).__name__}: {message}", hint="run again with --debug to see where")


def _quota(failure: Failure) -> MlopsError | None:
    if not QUOTA.search(f"{failure.code} {failure.message}"):
        return None
    hint = "choose a smaller compute.vm_size or fewer nodes, or ask for quota in the Azure portal"
    return WorkFailedError(f"out of quota: {failure.message}", hint=hint)


def _details(failure: Failure) -> list[str]:
    status = f"HTTP {failure.status}" if failure.status else None
    code = f"code {failure.code}" if failure.code else None
    request = f"request {failure.request_id}" if failure.request_id else None
    told = [part for part in (status, code, request) if part]
    return [f"Azure: {', '.join(told)}"] if told else []

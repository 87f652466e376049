"""OIDC tokens of CI systems (workload identity federation), fetched anew each time one is asked for.

They hold for minutes while a job runs for hours, so none is kept: whenever Entra ID is asked for a token,
the CI system is asked for an assertion first.

https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments
https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
https://azure.github.io/azure-workload-identity/docs (a pod: the file of AZURE_FEDERATED_TOKEN_FILE is rewritten)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import requests

from mlops_cli.errors import SignInError

AUDIENCE = "api://AzureADTokenExchange"
TIMEOUT_SECONDS = 30
Source = Callable[[], str]


def source(environ: Mapping[str, str]) -> Source | None:
    """What fetches assertions here; None where there is no such thing."""
    if environ.get("ACTIONS_ID_TOKEN_REQUEST_URL") and environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        return lambda: _github(environ)
    if environ.get("SYSTEM_OIDCREQUESTURI") and environ.get("SYSTEM_ACCESSTOKEN"):
        return lambda: _azure_devops(environ)
    if file := environ.get("AZURE_FEDERATED_TOKEN_FILE"):
        return lambda: _from_file(Path(file))
    return None


def _github(environ: Mapping[str, str]) -> str:
    answer = _asked(
        "GET",
        environ["ACTIONS_ID_TOKEN_REQUEST_URL"],
        environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
        {"audience": AUDIENCE},
    )
    return _field(answer, "value", "GitHub Actions")


def _azure_devops(environ: Mapping[str, str]) -> str:
    parameters = {"api-version": "7.1"}
    if connection := environ.get("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"):
        parameters["serviceConnectionId"] = connection
    answer = _asked("POST", environ["SYSTEM_OIDCREQUESTURI"], environ["SYSTEM_ACCESSTOKEN"], parameters)
    return _field(answer, "oidcToken", "Azure DevOps")


def _from_file(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise SignInError(f"cannot read the federated token {path}: {error.strerror}") from error


def _asked(method: str, url: str, bearer: str, parameters: dict[str, str]) -> Any:
    headers = {"Authorization": f"Bearer {bearer}", "Accept": "application/json"}
    try:
        answer = requests.request(method, url, params=parameters, headers=headers, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.json()
    except (requests.RequestException, ValueError) as error:
        hint = "in GitHub Actions the job needs `permissions: id-token: write`"
        raise SignInError(f"the CI system gave no OIDC token: {_told(error)}", hint=hint) from error


def _told(error: Exception) -> str:
    """The failure without the address, which may carry a secret."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"it answered {error.response.status_code}"
    return type(error).__name__


def _field(answer: Any, name: str, system: str) -> str:
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise SignInError(f"the answer of {system} has no '{name}'")
    return value

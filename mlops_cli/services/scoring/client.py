"""A scoring service over HTTP, wherever it runs: requests out, answers or errors of ours in."""

import json
from typing import Any
from urllib.parse import urlsplit

import requests

from mlops_cli.backends.base import Backend
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.errors import MlopsError, NotFoundError, SignInError, UsageError, WorkFailedError

TIMEOUT_SECONDS = (5.0, 120.0)
"""To connect, and between two pieces of an answer."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NotJsonError(WorkFailedError):
    """The service has answered, with `content`, which is no JSON: the answer of a raw HTTP script, say."""

    code = "NotJson"

    def __init__(self, name: str, answer: requests.Response) -> None:
        kind = answer.headers.get("content-type", "no content type")
        message = f"{name} answered with something that is not JSON: {len(answer.content):,} bytes, {kind}"
        super().__init__(message, hint="to keep it as it is: --out FILE")
        self.content = answer.content


class ServiceClient:
    """Talks to one endpoint on one connection. Close it, or use it as a context."""

    def __init__(self, endpoint: Endpoint, bearer: str | None) -> None:
        self.endpoint = endpoint
        self._session = requests.Session()
        # A proxy of the environment leads to other machines, never to this one.
        self._session.trust_env = urlsplit(endpoint.scoring_uri).hostname not in LOOPBACK
        self.authorization = f"Bearer {bearer}" if bearer else None
        if self.authorization:
            self._session.headers["Authorization"] = self.authorization

    def __enter__(self) -> "ServiceClient":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def score(self, payload: Any) -> Any:
        """What the service answers, decoded: an answer that is JSON text (Azure's AutoML) is decoded twice."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        answer = self._request("POST", self.endpoint.scoring_uri, body)
        try:
            value = answer.json()
        except ValueError:
            raise NotJsonError(self.endpoint.name, answer) from None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return value

    def swagger(self, version: str = "2") -> dict[str, Any]:
        """The service's Swagger 2.0 or OpenAPI 3 document."""
        uri = self.endpoint.swagger_uri
        answer = self._request("GET", f"{uri}{'&' if '?' in uri else '?'}version={version}")
        try:
            document = answer.json()
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise WorkFailedError(f"{uri} is not a JSON object")
        return document

    def _request(self, method: str, uri: str, body: bytes | None = None) -> requests.Response:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            answer = self._session.request(method, uri, data=body, headers=headers, timeout=TIMEOUT_SECONDS)
        except requests.Timeout:
            name = self.endpoint.name
            message = f"{name} did not answer in {TIMEOUT_SECONDS[1]:.0f} s"
            raise WorkFailedError(message, hint=f"mlops logs {name}") from None
        except requests.RequestException as error:
            raise self._unreachable(error) from error
        if answer.status_code >= 300:
            raise self._refused(answer)
        return answer

    def _unreachable(self, error: requests.RequestException) -> MlopsError:
        name = self.endpoint.name
        if isinstance(error, requests.ConnectionError) and "refused" in str(error):
            message = f"{name} is {self.endpoint.state}: nothing answers at {self.endpoint.scoring_uri}"
            return WorkFailedError(message, hint=f"mlops endpoints start {name}")
        message = f"the connection to {name} broke: {type(error).__name__}"
        return WorkFailedError(message, hint=f"mlops logs {name} --level error", details=[str(error)[:200]])

    def _refused(self, answer: requests.Response) -> MlopsError:
        name, status = self.endpoint.name, answer.status_code
        message, hint, problems = _body(answer)
        request_id = answer.headers.get("x-request-id") or answer.headers.get("x-ms-request-id")
        if status in (401, 403):
            return SignInError(f"{name} refused the key: {message}", hint=f"mlops endpoints keys {name}")
        if status == 404:
            return NotFoundError(f"{name} has no such page: {answer.url}")
        if status < 500:
            return UsageError(f"{name} refused the payload: {message}", hint=hint, details=problems)
        find = f" --request-id {request_id}" if request_id else ""
        where = f" (request {request_id})" if request_id else ""
        return WorkFailedError(f"{name} answered {status}{where}: {message}", hint=f"mlops logs {name}{find}")


def connect(backend: Backend, name: str) -> ServiceClient:
    """A client with the endpoint's own key or token."""
    endpoint = backend.endpoints.get(name)
    match endpoint.auth:
        case "key":
            return ServiceClient(endpoint, backend.endpoints.keys(name).primary)
        case "token":
            return ServiceClient(endpoint, backend.endpoints.token(name)[0])
        case _:
            return ServiceClient(endpoint, None)


def _body(answer: requests.Response) -> tuple[str, str | None, list[str]]:
    """Message, hint and problems in the body of an error, in our form, Azure's or none."""
    try:
        value = answer.json()
    except ValueError:
        return answer.text.strip()[:300] or answer.reason, None, []
    if not isinstance(value, dict):
        return str(value)[:300], None, []
    error = value.get("error")
    more = error if isinstance(error, dict) else {}
    problems = [str(problem.get("message")) for problem in more.get("problems") or []]
    message = value.get("message") or more.get("message") or answer.reason
    return str(message), more.get("hint"), problems

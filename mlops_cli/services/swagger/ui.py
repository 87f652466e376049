"""What `swagger --serve` means: the endpoint's own document in Swagger UI, with calls that reach the endpoint."""

from typing import Any
from urllib.parse import urlsplit

import requests

from mlops_cli.services.scoring.client import LOOPBACK, TIMEOUT_SECONDS, ServiceClient
from mlops_cli.web.loopback import LoopbackServer, Reply
from mlops_cli.web.swagger_ui import SwaggerUi

RETURNED = (
    "content-type",
    "content-length",
    "connection",
    "transfer-encoding",
    "content-encoding",
    "date",
    "server",
)
"""Headers of the endpoint that are ours to write."""


def serve(client: ServiceClient, version: str, port: int, *, authorize: bool) -> tuple[LoopbackServer, str]:
    """A bound server, not yet running, and the address to open. UsageError when the port cannot be had.

    `authorize` signs the page's requests with the client's key.
    """
    base = client.endpoint.scoring_uri.removesuffix("/score")
    document = located(client.swagger(version), base)
    bearer = client.authorization if authorize else None
    page = SwaggerUi(document, Relay(base).send, bearer)
    server = page.serve(port)
    return server, server.url + page.first_path


def located(document: dict[str, Any], base: str) -> dict[str, Any]:
    """The document with the address at which the endpoint answers."""
    if "swagger" not in document:
        return {**document, "servers": [{"url": base}]}
    parts = urlsplit(base)
    return {**document, "host": parts.netloc, "basePath": parts.path or "/", "schemes": [parts.scheme]}


class Relay:
    """Sends a request on to `base`; nothing of it is kept."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._session = requests.Session()
        # A proxy of the environment never leads to this machine; no .netrc may add a key of its own.
        self._session.trust_env = urlsplit(base).hostname not in LOOPBACK
        self._session.auth = lambda request: request

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        try:
            answer = self._session.request(
                method, self._base + target, headers=headers, data=body, timeout=TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            return Reply(502, f"the endpoint does not answer: {type(error).__name__}".encode())
        kind = answer.headers.get("content-type", "application/octet-stream")
        kept = [item for item in answer.headers.items() if item[0].lower() not in RETURNED]
        return Reply(answer.status_code, answer.content, kind, tuple(kept))

"""The REST endpoints of published pipelines, as Azure's, on loopback."""

import json
import logging
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mlops_cli.domain.pipeline_runs import PipelineRun
from mlops_cli.domain.publishing import DisabledError, PublishedPipeline
from mlops_cli.engine.pipelines import bodies, layout, start, tokens, triggering
from mlops_cli.engine.store import Store
from mlops_cli.errors import MlopsError, NotFoundError, SignInError, UsageError

BASE = "/pipelines/v1.0/PipelineRuns"
SUBMIT = rf"{BASE}/(PipelineSubmit|PipelineEndpointSubmit)/.*"
IDLE_SECONDS = 30
LINGER_SECONDS = 2
MOST_LINGERING_BYTES = 64_000_000
Starter = Callable[[PublishedPipeline, triggering.Body], PipelineRun]

log = logging.getLogger("mlops.pipelines")


class MethodError(UsageError):
    """The address is right and the method is not."""


STATUS: dict[type[MlopsError], int] = {
    SignInError: 401,
    NotFoundError: 404,
    MethodError: 405,
    DisabledError: 409,
    UsageError: 400,
}


def version_path(id_: str) -> str:
    return f"{BASE}/PipelineSubmit/{id_}"


def endpoint_path(id_: str) -> str:
    return f"{BASE}/PipelineEndpointSubmit/Id/{id_}"


class RestServer(ThreadingHTTPServer):
    """Serves one state directory; `begin` starts a run of a version."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, store: Store, begin: Starter) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.store = store
        self.begin = begin
        self.folder: Path = layout.server_dir(store.home)


class Handler(BaseHTTPRequestHandler):
    """One connection. Every answer is JSON; an error is {"error": {"code", "message"}}."""

    server: RestServer
    protocol_version = "HTTP/1.1"
    server_version = "mlops-pipelines"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_HEAD(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def _get(self, _: bytes) -> dict[str, Any]:
        path = urlsplit(self.path).path
        if path == "/":
            return {"service": "mlops pipelines", "status": "Healthy"}
        self._authorize()
        if re.fullmatch(SUBMIT, path):
            raise MethodError("a run is started with POST")
        if found := re.fullmatch(rf"{BASE}/([\w-]+)", path):
            store = self.server.store
            return entity(start.observed(store, store.pipeline_runs.get(found[1])))
        raise NotFoundError(f"there is nothing at {path}")

    def _post(self, content: bytes) -> dict[str, Any]:
        self._authorize()
        return entity(
            triggering.insist(lambda: self.server.begin(self._version(), triggering.read_body(content)))
        )

    def _version(self) -> PublishedPipeline:
        address = urlsplit(self.path)
        asked = parse_qs(address.query).get("pipelineVersion", [None])[0]
        store = self.server.store
        if found := re.fullmatch(rf"{BASE}/PipelineSubmit/(\w+)", address.path):
            return triggering.by_version_id(store, found[1])
        if found := re.fullmatch(rf"{BASE}/PipelineEndpointSubmit/Id/(\w+)(?:/(\w+))?", address.path):
            return triggering.by_endpoint_id(store, found[1], found[2] or asked)
        raise NotFoundError(f"there is nothing at {address.path}")

    def _authorize(self) -> None:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not tokens.is_valid(self.server.folder, value.strip(), time.time()):
            hint = "Authorization: Bearer TOKEN, from: mlops pipeline token"
            raise SignInError("a bearer token is needed, and this is none or has expired", hint=hint)

    def _answer(self, work: Callable[[bytes], dict[str, Any]]) -> None:
        try:
            content = bodies.read(self.headers, self.rfile)
        except UsageError as error:
            self._send(*_refusal(error))
            self._hang_up()
        else:
            self._send(*self._outcome(work, content))

    def _outcome(self, work: Callable[[bytes], dict[str, Any]], content: bytes) -> tuple[int, dict[str, Any]]:
        try:
            return 200, work(content)
        except MlopsError as error:
            return _refusal(error)
        except Exception as error:
            log.exception("%s %s", self.command, self.path)
            hint = f"see {layout.server_log(self.server.store.home)}"
            return _refusal(MlopsError(f"unexpected: {type(error).__name__}: {error}", hint=hint))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What is refused before it gets here: what is no HTTP, and methods that nothing takes."""
        error = UsageError(message or explain or f"HTTP {code}")
        self._send(405 if code == 501 else code, _refusal(error)[1])
        self._hang_up()

    def _send(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        if status == 405:
            self.send_header("Allow", "GET, HEAD, POST")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    def _hang_up(self) -> None:
        """Close, but take what is still coming: the answer to one who is sending would be lost."""
        self.close_connection = True
        left = MOST_LINGERING_BYTES
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER_SECONDS)
            while left > 0 and (taken := self.connection.recv(65536)):
                left -= len(taken)

    def log_message(self, format: str, *args: Any) -> None:
        """The path and the answer; never a header."""
        log.info(format, *args)


def _refusal(error: MlopsError) -> tuple[int, dict[str, Any]]:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    return status, {"error": {"code": error.code, "message": error.message, "hint": error.hint}}


def entity(run: PipelineRun) -> dict[str, Any]:
    """A run as Azure's endpoint answers."""
    return {
        "Id": run.run_id,
        "Status": {"StatusCode": str(run.status)},
        "RunHistoryExperimentName": run.experiment,
        "PipelineName": run.pipeline,
        "PipelineVersion": run.version,
        "ParameterAssignments": run.parameters,
    }

"""The REST endpoints of published pipelines, as Azure's, on loopback."""

import json
import re
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mlops_cli.domain.pipeline_runs import PipelineRun
from mlops_cli.domain.publishing import DisabledError, PublishedPipeline
from mlops_cli.engine.pipelines import layout, start, tokens, triggering
from mlops_cli.engine.store import Store
from mlops_cli.errors import MlopsError, NotFoundError, SignInError, UsageError

BASE = "/pipelines/v1.0/PipelineRuns"
MOST_BYTES = 1_000_000
IDLE_SECONDS = 30
STATUS: dict[type[MlopsError], int] = {
    SignInError: 401,
    NotFoundError: 404,
    DisabledError: 409,
    UsageError: 400,
}
Starter = Callable[[PublishedPipeline, triggering.Body], PipelineRun]


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

    def do_POST(self) -> None:
        self._answer(self._post)

    def _get(self) -> dict[str, Any]:
        path = urlsplit(self.path).path
        if path == "/":
            return {"service": "mlops pipelines", "status": "Healthy"}
        self._authorize()
        if found := re.fullmatch(rf"{BASE}/([\w-]+)", path):
            store = self.server.store
            return entity(start.observed(store, store.pipeline_runs.get(found[1])))
        raise NotFoundError(f"there is nothing at {path}")

    def _post(self) -> dict[str, Any]:
        content = self._body()
        self._authorize()
        return entity(self.server.begin(self._version(), triggering.read_body(content)))

    def _version(self) -> PublishedPipeline:
        address = urlsplit(self.path)
        asked = parse_qs(address.query).get("pipelineVersion", [None])[0]
        store = self.server.store
        if found := re.fullmatch(rf"{BASE}/PipelineSubmit/(\w+)", address.path):
            return triggering.by_version_id(store, found[1])
        if found := re.fullmatch(rf"{BASE}/PipelineEndpointSubmit/Id/(\w+)(?:/(\w+))?", address.path):
            return triggering.by_endpoint_id(store, found[1], found[2] or asked)
        raise NotFoundError(f"there is nothing at {address.path}")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit() or int(length) > MOST_BYTES:
            self.close_connection = True
            raise UsageError(f"send a body of at most {MOST_BYTES:,} bytes with its Content-Length")
        return self.rfile.read(int(length))

    def _authorize(self) -> None:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not tokens.is_valid(self.server.folder, value.strip(), time.time()):
            hint = "Authorization: Bearer TOKEN, from: mlops pipeline token"
            raise SignInError("a bearer token is needed, and this is none or has expired", hint=hint)

    def _answer(self, work: Callable[[], dict[str, Any]]) -> None:
        try:
            status, document = 200, work()
        except MlopsError as error:
            status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
            document = {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """The path and the answer; never a header."""
        import logging

        logging.getLogger("mlops.pipelines").info(format, *args)


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

"""Routes, authorisation, request ids and the request log. Knows nothing of sockets."""

import re
import time
from collections.abc import Callable
from typing import Protocol

from mlops_cli.engine.serving.ids import LONGEST_ID, is_id, new_id, too_long
from mlops_cli.engine.serving.live import Live
from mlops_cli.engine.serving.logs import ServiceLog
from mlops_cli.engine.serving.messages import RUN_FAILED, TEXT, Refusal, Request, Response
from mlops_cli.engine.serving.metrics import Metrics
from mlops_cli.engine.serving.pages import PATHS, Pages
from mlops_cli.engine.serving.runner import FullError, Runner
from mlops_cli.engine.serving.spec import ServiceSpec
from mlops_cli.engine.serving.telemetry import RequestLog

Reply = Callable[[Response], None]
_VERSION = re.compile(rb"(?:^|&)version=([^&]*)")
ALLOWED = {b"/": b"GET, HEAD", b"/score": b"GET, POST, OPTIONS"}
ALLOWED |= dict.fromkeys((b"/swagger.json", b"/metrics", *sorted(PATHS)), b"GET, HEAD")
UNRECORDED = {b"/", b"/metrics", *PATHS}
METRICS = b"text/plain; version=0.0.4; charset=utf-8"


class Scores(Protocol):
    """What scores: an entry script (scoring.Scorer) or a compiled model (fast.scorer.FastScorer)."""

    def score(self, request: Request, request_id: str) -> Response:
        """The response to it, on whatever thread it is asked for."""
        ...

    def take(self, request: Request, request_id: str, finish: Reply) -> None:
        """The same on the event loop: `finish` is called there, at once or within this round of it."""
        ...


class App:
    """Answers requests; `handle` calls `reply` once, at once or later on the event loop."""

    def __init__(
        self,
        spec: ServiceSpec,
        live: Live,
        scorer: Scores,
        runner: Runner[Response],
        swagger: dict[str, bytes],
        log: ServiceLog,
        requests: RequestLog,
        metrics: Metrics,
    ) -> None:
        self._spec = spec
        self._live = live
        self._scorer = scorer
        self._runner = runner
        self._swagger = swagger
        self._log = log
        self._requests = requests
        self._metrics = metrics
        self._pages = Pages()
        self._inline = spec.inline_bytes + 1 if spec.inline_bytes else 0
        self._any_origin = "*" in spec.cors_origins
        self._origins = {origin.encode() for origin in spec.cors_origins}

    @property
    def is_worn_out(self) -> bool:
        return self._runner.is_worn_out

    def handle(self, request: Request, reply: Reply) -> None:
        started = time.perf_counter()
        scores = request.path == b"/score"
        if scores:
            self._metrics.began()
        headers = request.headers
        given = headers.get(b"x-ms-request-id") or headers.get(b"x-request-id")
        client_id = headers.get(b"x-ms-client-request-id")
        request_id = given.decode() if given and is_id(given) else new_id()

        def finish(response: Response) -> None:
            self._dress(request, response, request_id, client_id)
            if response.status >= 400:
                self._note(request, response, request_id)
            seconds = time.perf_counter() - started
            reply(response)
            if scores:
                self._metrics.ended(seconds, response)
            if self._live.app_insights and request.path not in UNRECORDED:
                self._requests.add(request, response, request_id, client_id, seconds)

        try:
            if too_long(given) or too_long(client_id):
                raise Refusal(431, "HeaderTooLong", f"a request id must not exceed {LONGEST_ID} characters")
            self._route(request, request_id, finish)
        except Refusal as refusal:
            finish(refusal.response(request_id))

    def refuse(self, refusal: Refusal, reply: Reply) -> None:
        """Answer what never became a whole request."""
        request_id = new_id()
        response = refusal.response(request_id)
        self._dress(Request(), response, request_id, None)
        self._metrics.refused(response.status)
        self._log.write("WARNING", "request", f"{response.status}: {response.note}", request_id)
        reply(response)

    def _route(self, request: Request, request_id: str, finish: Reply) -> None:
        path, method = request.path, request.method
        if path == b"/score" and method in (b"POST", b"GET"):
            self._authorise(request)
            self._score(request, request_id, finish)
        elif path == b"/" and method in (b"GET", b"HEAD"):
            finish(Response(200, b"Healthy", TEXT))
        elif path == b"/swagger.json" and method in (b"GET", b"HEAD"):
            finish(self._document(request))
        elif path == b"/metrics" and method in (b"GET", b"HEAD"):
            finish(Response(200, self._metrics.text(), METRICS))
        elif path in PATHS and method in (b"GET", b"HEAD"):
            finish(self._pages.response(path))
        elif path == b"/score" and method == b"OPTIONS":
            finish(Response(200, headers=b"Allow: " + ALLOWED[path] + b"\r\n"))
        else:
            raise _unroutable(path, method)

    def _authorise(self, request: Request) -> None:
        header = request.headers.get(b"authorization")
        reason = self._live.refuse(header)
        if reason and self._live.refresh():
            reason = self._live.refuse(header)
        if reason:
            hint = f"mlops endpoints keys {self._spec.name}"
            challenge = b'WWW-Authenticate: Bearer realm="%s"\r\n' % self._spec.name.encode()
            raise Refusal(401, "Unauthorized", reason, hint=hint, headers=challenge)

    def _score(self, request: Request, request_id: str, finish: Reply) -> None:
        if len(request.body) < self._inline:
            self._scorer.take(request, request_id, finish)
            return
        try:
            self._runner.submit(
                lambda: self._scorer.score(request, request_id),
                finish,
                lambda began: finish(self._late(began).response(request_id)),
            )
        except FullError:
            raise _busy("too many requests are waiting") from None

    def _late(self, began: bool) -> Refusal:
        limit = self._spec.scoring_timeout_ms
        if not began:
            return _busy(f"the request waited longer than {limit} ms")
        return Refusal(504, "ScoringTimeout", f"Scoring timeout after {limit} ms", headers=RUN_FAILED)

    def _document(self, request: Request) -> Response:
        found = _VERSION.search(request.query)
        version = found.group(1).decode("latin-1") if found else "2"
        if version not in self._swagger:
            known = ", ".join(sorted(self._swagger))
            raise Refusal(404, "UnknownVersion", f"no swagger of version '{version}', use one of {known}")
        return Response(200, self._swagger[version])

    def _dress(self, request: Request, response: Response, request_id: str, client_id: bytes | None) -> None:
        id_bytes = request_id.encode()
        response.headers += b"x-ms-request-id: %s\r\nx-request-id: %s\r\n" % (id_bytes, id_bytes)
        if client_id and len(client_id) <= LONGEST_ID:
            response.headers += b"x-ms-client-request-id: %s\r\n" % client_id
        origin = request.headers.get(b"origin")
        if origin and (self._any_origin or origin in self._origins):
            response.headers += _cors(request, origin)

    def _note(self, request: Request, response: Response, request_id: str) -> None:
        line = (
            f"{request.method.decode()} {request.path.decode('latin-1')} {response.status}: {response.note}"
        )
        self._log.write("ERROR" if response.status >= 500 else "WARNING", "request", line, request_id)


def _busy(message: str) -> Refusal:
    return Refusal(503, "Busy", message, hint="try again in a moment", headers=b"Retry-After: 1\r\n")


def _unroutable(path: bytes, method: bytes) -> Refusal:
    if path in ALLOWED:
        message = f"{method.decode()} is not allowed on {path.decode()}, use {ALLOWED[path].decode()}"
        return Refusal(405, "MethodNotAllowed", message, headers=b"Allow: %s\r\n" % ALLOWED[path])
    known = ", ".join(name.decode() for name in ALLOWED if name.count(b"/") == 1)
    return Refusal(404, "NotFound", f"there is no {path.decode('latin-1')[:200]}", hint=f"there is {known}")


def _cors(request: Request, origin: bytes) -> bytes:
    lines = b"Access-Control-Allow-Origin: %s\r\nVary: Origin\r\n" % origin
    if request.method != b"OPTIONS":
        return lines + b"Access-Control-Expose-Headers: x-ms-request-id, x-ms-run-fn-exec-ms\r\n"
    wanted = request.headers.get(b"access-control-request-headers", b"authorization, content-type")
    allowed = b"Access-Control-Allow-Methods: GET, POST\r\nAccess-Control-Allow-Headers: %s\r\n" % wanted
    return lines + allowed + b"Access-Control-Max-Age: 600\r\n"

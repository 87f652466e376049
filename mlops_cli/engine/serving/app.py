"""Routes, authorisation, request ids and what is kept of requests. Knows nothing of sockets."""

import time
from collections.abc import Callable
from typing import Protocol

from mlops_cli.engine.serving import documents, routes
from mlops_cli.engine.serving.asks import Asks, HeadReader
from mlops_cli.engine.serving.collecting import DataCollector
from mlops_cli.engine.serving.ids import LONGEST_ID, new_id
from mlops_cli.engine.serving.live import Live
from mlops_cli.engine.serving.logs import ServiceLog, timestamp
from mlops_cli.engine.serving.messages import RUN_FAILED, TEXT, Finish, Refusal, Request, Response
from mlops_cli.engine.serving.metrics import Metrics
from mlops_cli.engine.serving.pages import PATHS, Pages
from mlops_cli.engine.serving.runner import FullError, Runner
from mlops_cli.engine.serving.spec import ServiceSpec
from mlops_cli.engine.serving.telemetry import RequestLog, record

Reply = Callable[[Response], None]
METRICS = b"text/plain; version=0.0.4; charset=utf-8"


class Scores(Protocol):
    """What scores: an entry script (scoring.Scorer) or a compiled model (fast.scorer.FastScorer).

    `answers_all` when HEAD and OPTIONS are for it to answer, as for a script that takes raw requests.
    """

    answers_all: bool

    def score(self, request: Request) -> Response:
        """The response to it, on whatever thread it is asked for."""
        ...

    def take(self, request: Request, finish: Finish) -> None:
        """The same on the event loop: `finish` is called there, at once or within this round of it."""
        ...


class App:
    """Answers requests; `handle` calls `reply` once, at once or later on the event loop.

    What was answered is counted and recorded in the next round of the loop, whose `call_soon` is given: by then the
    answers have been sent.
    """

    def __init__(
        self,
        spec: ServiceSpec,
        live: Live,
        scorer: Scores,
        runner: Runner[Response],
        swagger: dict[str, bytes],
        log: ServiceLog,
        requests: RequestLog,
        collector: DataCollector,
        metrics: Metrics,
        call_soon: Callable[[Callable[[], None]], object],
    ) -> None:
        self._spec = spec
        self._live = live
        self._scorer = scorer
        self._runner = runner
        self._swagger = swagger
        self._log = log
        self._requests = requests
        self._collector = collector
        self._metrics = metrics
        self._call_soon = call_soon
        self._answered: list[tuple[Request, Response, float]] = []
        self._pages = Pages()
        self._inline = spec.inline_bytes + 1 if spec.inline_bytes else 0
        self._heads = HeadReader(spec.cors_origins)

    @property
    def is_worn_out(self) -> bool:
        return self._runner.is_worn_out

    def handle(self, request: Request, reply: Reply) -> None:
        request.started, request.reply = time.perf_counter(), reply
        head = request.head
        asks: Asks = head.asks
        if asks is None:
            asks = head.asks = self._heads.read(head)
        if asks.scores:
            self._metrics.began()
        request.id = asks.request_id or new_id()
        try:
            if asks.too_long:
                message = f"{asks.too_long} must not exceed {LONGEST_ID} characters"
                raise Refusal(431, "HeaderTooLong", message)
            self._route(request)
        except Refusal as refusal:
            self._finish(request, refusal.response(request.id))

    def _finish(self, request: Request, response: Response) -> None:
        asks: Asks = request.head.asks
        _dress(response, request.id, asks.ms_id, asks.lines)
        if response.status >= 400:
            self._note(request, response)
        seconds = time.perf_counter() - request.started
        request.reply(response)
        if not self._answered:
            self._call_soon(self._account)
        self._answered.append((request, response, seconds))

    def refuse(self, refusal: Refusal, reply: Reply) -> None:
        """Answer what never became a whole request."""
        request_id = new_id()
        response = refusal.response(request_id)
        _dress(response, request_id)
        self._metrics.refused(response.status)
        self._log.write("WARNING", "request", f"{response.status}: {response.note}", request_id)
        reply(response)

    def _account(self) -> None:
        answered, self._answered = self._answered, []
        now, live = time.time(), self._live
        for request, response, seconds in answered:
            asks: Asks = request.head.asks
            if not asks.is_recorded:
                continue
            at = timestamp(now - seconds)
            known = record(request, response, seconds, at)
            if asks.scores:
                self._metrics.ended(known)
            if live.app_insights:
                self._requests.add(known)
            if live.collect_data and asks.is_collected and response.status < 400:
                self._collector.add(request, response, at)

    def _route(self, request: Request) -> None:
        path, method = request.head.path, request.head.method
        if path == b"/score" and method in (b"POST", b"GET"):
            self._authorise(request)
            self._score(request)
        elif path == b"/" and method in (b"GET", b"HEAD"):
            self._finish(request, Response(200, b"Healthy", TEXT))
        elif path == b"/swagger.json" and method in (b"GET", b"HEAD"):
            self._finish(request, documents.choose(self._swagger, request.head.query))
        elif path == b"/metrics" and method in (b"GET", b"HEAD"):
            self._finish(request, Response(200, self._metrics.text(), METRICS))
        elif path in PATHS and method in (b"GET", b"HEAD"):
            self._finish(request, self._pages.response(path))
        elif path == b"/score" and self._scorer.answers_all and routes.is_for_script(request.head):
            self._authorise(request)
            self._score(request)
        elif path in routes.ALLOWED and method == b"OPTIONS":
            self._finish(request, routes.options(path))
        else:
            raise routes.unroutable(path, method)

    def _authorise(self, request: Request) -> None:
        """A head that has been let in is not looked at again until there are other keys."""
        asks: Asks = request.head.asks
        if asks.let_in is self._live.refuse:
            return
        header = request.head.headers.get(b"authorization")
        reason = self._live.refuse(header)
        if reason and self._live.refresh():
            reason = self._live.refuse(header)
        if reason:
            hint = f"mlops endpoints keys {self._spec.name}"
            challenge = b'WWW-Authenticate: Bearer realm="%s"\r\n' % self._spec.name.encode()
            raise Refusal(401, "Unauthorized", reason, hint=hint, headers=challenge)
        if self._live.is_lasting:
            asks.let_in = self._live.refuse

    def _score(self, request: Request) -> None:
        if len(request.body) < self._inline:
            self._scorer.take(request, self._finish)
            return
        try:
            self._runner.submit(
                lambda: self._scorer.score(request),
                lambda response: self._finish(request, response),
                lambda began: self._finish(request, self._late(began).response(request.id)),
            )
        except FullError:
            raise _busy("too many requests are waiting") from None

    def _late(self, began: bool) -> Refusal:
        limit = self._spec.scoring_timeout_ms
        if not began:
            return _busy(f"the request waited longer than {limit} ms")
        return Refusal(504, "ScoringTimeout", f"Scoring timeout after {limit} ms", headers=RUN_FAILED)

    def _note(self, request: Request, response: Response) -> None:
        head = request.head
        line = f"{head.method.decode()} {head.path.decode('latin-1')} {response.status}: {response.note}"
        self._log.write("ERROR" if response.status >= 500 else "WARNING", "request", line, request.id)


def _dress(response: Response, request_id: str, ms_id: bytes = b"", lines: bytes = b"") -> None:
    own = request_id.encode()
    response.headers = b"".join(
        (response.headers, b"x-ms-request-id: ", ms_id or own, b"\r\nx-request-id: ", own, b"\r\n", lines)
    )


def _busy(message: str) -> Refusal:
    return Refusal(503, "Busy", message, hint="try again in a moment", headers=b"Retry-After: 1\r\n")

"""Requests scored by a compiled model: bodies in, answers out; alone on any thread, together on the event loop."""

import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from msgspec import structs

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving.fast import table
from mlops_cli.engine.serving.fast.answer import Asked, Writer
from mlops_cli.engine.serving.fast.batch import Batch
from mlops_cli.engine.serving.fast.encoder import Encoder, UnfitValueError
from mlops_cli.engine.serving.fast.engine import Engine
from mlops_cli.engine.serving.fast.table import Table
from mlops_cli.engine.serving.logs import ServiceLog, milliseconds
from mlops_cli.engine.serving.messages import JSON, RUN_FAILED, Finish, Refusal, Request, Response
from mlops_cli.engine.serving.payload import decompress, method_of, parse_json, query_payload, rows_of

_TOOK = b"x-ms-run-function-failed: False\r\nx-ms-run-fn-exec-ms: %.3f\r\n"


class FastModel:
    """A compiled model with all that turns bodies into answers. It answers what the reference path answers."""

    def __init__(self, schema: ModelSchema, table: Table, engine: Engine) -> None:
        self._schema = schema
        self._encoder = Encoder(schema, table)
        self._engine = engine
        self._writer = Writer(schema, table.logits)

    def read(self, body: bytes) -> Asked:
        """Refusal (400) when the rows cannot be scored."""
        found = self._encoder.decoder.decode(body)
        if found is None:
            return self._read_slowly(parse_json(body))
        try:
            cells = self._encoder.encode(found.rows)
        except (UnfitValueError, OverflowError):
            return self._read_slowly(parse_json(body))
        method = "predict" if found.parameters is None else method_of(found.parameters, self._schema)
        return Asked(cells, len(found.rows), method, found.wrapped, True)

    def read_query(self, query: bytes) -> Asked:
        return self._read_slowly(query_payload(query))

    def answers(self, asked: Asked) -> np.ndarray:
        """(n, k) probabilities, or (n, 1) numbers of a regression."""
        return self._writer.numbers(self._engine.answers(asked.cells))

    def write(self, asked: Asked) -> bytes:
        return self.write_together([asked])[0]

    def write_together(self, asked: Sequence[Asked]) -> list[bytes]:
        """As `write` does for each, by one run of the graph."""
        return self._writer.write(self._engine.answers(b"".join([one.cells for one in asked])), asked)

    def _read_slowly(self, value: object) -> Asked:
        payload = rows_of(value, self._schema)
        cells = self._encoder.encode_dicts(payload.rows)
        return Asked(cells, len(payload.rows), payload.method, payload.wrapped)


def load(folder: Path, schema: ModelSchema, threads: int) -> FastModel:
    """The compiled model in `folder`. Raises StateError, and OutdatedError for one of another version."""
    found = table.load(folder)
    return FastModel(schema, found, Engine(folder / table.GRAPH_FILE, threads, found.sort_by))


class FastScorer:
    """Answers requests as `scoring.Scorer` does, without an entry script."""

    def __init__(self, model: FastModel, max_body_bytes: int, log: ServiceLog) -> None:
        self._model = model
        self._limit = max_body_bytes
        self._log = log
        self._batch = Batch(self._finish)
        self.answers_all = False

    def score(self, request: Request) -> Response:
        asked = self._asked(request)
        return asked if isinstance(asked, Response) else self._answer([asked], [request])[0]

    def take(self, request: Request, finish: Finish) -> None:
        """Score it together with all requests that this round of the event loop brings."""
        asked = self._asked(request)
        if isinstance(asked, Response):
            finish(request, asked)
        else:
            self._batch.add((asked, request, finish))

    def _asked(self, request: Request) -> Asked | Response:
        try:
            return self._read(request)
        except Refusal as refusal:
            return refusal.response(request.id)
        except Exception as error:  # noqa: BLE001 whatever happens, there is a response
            return self._failed(error).response(request.id)

    def _finish(self, taken: list[tuple[Asked, Request, Finish]]) -> None:
        asked, requests, finishes = zip(*taken, strict=True)
        responses = self._answer(asked, requests)
        for finish, request, response in zip(finishes, requests, responses, strict=True):
            finish(request, response)

    def _answer(self, asked: Sequence[Asked], requests: Sequence[Request]) -> list[Response]:
        """Each says how long the run took that has answered it, and all that came with it."""
        started = time.perf_counter()
        try:
            bodies = self._model.write_together(asked)
        except Exception as error:  # noqa: BLE001 whatever happens, there is a response
            if len(asked) > 1:
                return [
                    self._answer([one], [request])[0] for one, request in zip(asked, requests, strict=True)
                ]
            return [self._failed(error).response(requests[0].id)]
        run_ms = milliseconds(time.perf_counter() - started)
        took = _TOOK % run_ms
        return [_answered(body, took, run_ms, one) for body, one in zip(bodies, asked, strict=True)]

    def _read(self, request: Request) -> Asked:
        if request.head.method == b"GET":
            return self._model.read_query(request.head.query)
        encoding = request.head.headers.get(b"content-encoding")
        if not encoding:
            return self._model.read(request.body)
        asked = self._model.read(decompress(request.body, encoding.lower(), self._limit))
        return structs.replace(asked, is_plain=False)

    def _failed(self, error: Exception) -> Refusal:
        self._log.write("ERROR", "service", "".join(traceback.format_exception(error)).rstrip())
        hint = "the whole traceback is in the service's log, under this request id"
        message = f"the model failed: {type(error).__name__}: {error}"
        return Refusal(500, "ScoringFailed", message, hint=hint, headers=RUN_FAILED)


def _answered(body: bytes, headers: bytes, run_ms: float, asked: Asked) -> Response:
    return Response(200, body, JSON, headers, run_ms, asked.rows, is_plain=asked.is_plain)

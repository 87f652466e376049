"""One request scored by a compiled model: body in, answer out, on whatever thread it is called."""

import time
import traceback
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mlops_cli.domain.schema import ModelSchema
from mlops_cli.engine.serving.fast.answer import Writer
from mlops_cli.engine.serving.fast.encoder import Encoder, UnfitValueError
from mlops_cli.engine.serving.fast.engine import Engine
from mlops_cli.engine.serving.fast.table import GRAPH_FILE, TABLE_FILE, Table
from mlops_cli.engine.serving.logs import ServiceLog
from mlops_cli.engine.serving.messages import RUN_FAILED, Refusal, Request, Response
from mlops_cli.engine.serving.payload import decompress, method_of, parse_json, query_payload, rows_of
from mlops_cli.engine.serving.spec import read_as

_TOOK = b"x-ms-run-function-failed: False\r\nx-ms-run-fn-exec-ms: %.3f\r\n"


class _Asked(NamedTuple):
    matrix: np.ndarray
    method: str
    wrapped: bool


class FastModel:
    """A compiled model with all that turns bodies into answers. It answers what the reference path answers."""

    def __init__(self, schema: ModelSchema, table: Table, engine: Engine) -> None:
        self._schema = schema
        self._encoder = Encoder(schema, table)
        self._engine = engine
        self._writer = Writer(schema)

    def read(self, body: bytes) -> _Asked:
        """Rows as a matrix; Refusal (400) when they cannot be scored."""
        found = self._encoder.decoder.decode(body)
        if found is None:
            return self._read_slowly(parse_json(body))
        try:
            matrix = self._encoder.encode(found.rows)
        except (UnfitValueError, OverflowError):
            return self._read_slowly(parse_json(body))
        method = "predict" if found.parameters is None else method_of(found.parameters, self._schema)
        return _Asked(matrix, method, found.wrapped)

    def read_query(self, query: bytes) -> _Asked:
        return self._read_slowly(query_payload(query))

    def answers(self, asked: _Asked) -> np.ndarray:
        """(n, k) probabilities, or (n, 1) numbers of a regression."""
        return self._engine.answers(asked.matrix)

    def write(self, asked: _Asked) -> bytes:
        return self._writer.write(self.answers(asked), asked.method, asked.wrapped)

    def _read_slowly(self, value: object) -> _Asked:
        payload = rows_of(value, self._schema)
        return _Asked(self._encoder.encode_dicts(payload.rows), payload.method, payload.wrapped)


def load(folder: Path, schema: ModelSchema, threads: int) -> FastModel:
    """The compiled model in `folder`. Raises StateError."""
    table = read_as(folder / TABLE_FILE, Table)
    return FastModel(schema, table, Engine(folder / GRAPH_FILE, threads, table.sort_by))


class FastScorer:
    """Answers requests as `scoring.Scorer` does, without an entry script."""

    def __init__(self, model: FastModel, max_body_bytes: int, log: ServiceLog) -> None:
        self._model = model
        self._limit = max_body_bytes
        self._log = log

    def score(self, request: Request, request_id: str) -> Response:
        try:
            asked = self._read(request)
            started = time.perf_counter()
            response = Response(200, self._model.write(asked))
            run_ms = (time.perf_counter() - started) * 1e3
            response.headers = _TOOK % run_ms
            response.run_ms, response.rows = run_ms, len(asked.matrix)
        except Refusal as refusal:
            response = refusal.response(request_id)
        except Exception as error:  # noqa: BLE001 whatever happens, there is a response
            response = self._failed(error).response(request_id)
        return response

    def _read(self, request: Request) -> _Asked:
        if request.method == b"GET":
            return self._model.read_query(request.query)
        encoding = request.headers.get(b"content-encoding")
        body = decompress(request.body, encoding.lower(), self._limit) if encoding else request.body
        return self._model.read(body)

    def _failed(self, error: Exception) -> Refusal:
        self._log.write("ERROR", "service", "".join(traceback.format_exception(error)).rstrip())
        hint = "the whole traceback is in the service's log, under this request id"
        message = f"the model failed: {type(error).__name__}: {error}"
        return Refusal(500, "ScoringFailed", message, hint=hint, headers=RUN_FAILED)

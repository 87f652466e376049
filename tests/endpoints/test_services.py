"""Parts of score, swagger and insights without a service, or with one that misbehaves."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from mlops_cli.domain.endpoints import Endpoint, RequestRecord
from mlops_cli.domain.schema import InputField, ModelSchema
from mlops_cli.errors import MlopsError, NotFoundError, SignInError, UsageError, WorkFailedError
from mlops_cli.services import insights, logs
from mlops_cli.services.scoring import inputs, score, tables
from mlops_cli.services.scoring.client import ServiceClient
from mlops_cli.services.swagger import document as swagger
from mlops_cli.status import EndpointState

SCHEMA = ModelSchema("classification", "y", [InputField("age", "integer")], "string")


class Answering(BaseHTTPRequestHandler):
    """Answers with what the test said: status, body."""

    answer: tuple[int, bytes] = (200, b"")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, body = self.answer
        self.send_response(status)
        self.send_header("x-ms-request-id", "abc")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def client() -> Iterator[ServiceClient]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = Thread(target=server.serve_forever)
    thread.start()
    with ServiceClient(endpoint(server.server_port), "key") as made:
        yield made
    server.shutdown()
    thread.join()
    server.server_close()


def endpoint(port: int) -> Endpoint:
    uri = f"http://127.0.0.1:{port}"
    return Endpoint(
        "demo",
        EndpointState.HEALTHY,
        f"{uri}/score",
        f"{uri}/swagger.json",
        "key",
        False,
        "aci",
        1,
        "",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("status", "body", "kind", "text"),
    [
        (401, b"", SignInError, "demo refused the key: Unauthorized"),
        (403, b'{"message": "no"}', SignInError, "demo refused the key: no"),
        (404, b"", NotFoundError, "has no such page"),
        (
            400,
            b'{"error": {"message": "bad", "problems": [{"message": "row 0"}]}}',
            UsageError,
            "payload: bad",
        ),
        (422, b'"text"', UsageError, "payload: text"),
        (502, b"<html>", WorkFailedError, "answered 502 (request abc): <html>"),
        (200, b"<html>", WorkFailedError, "not JSON: 6 bytes, "),
    ],
)
def test_a_service_that_refuses(
    client: ServiceClient, status: int, body: bytes, kind: type[MlopsError], text: str
) -> None:
    Answering.answer = (status, body)
    with pytest.raises(kind) as refused:
        client.score({})
    assert text in refused.value.message
    if status == 400:
        assert refused.value.details == ["row 0"]
    if status == 502:
        assert refused.value.hint == "mlops logs demo --request-id abc"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'"{\\"result\\": [1]}"', {"result": [1]}),
        (b'{"a": 1}', {"a": 1}),
        (b'"plain"', "plain"),
        (b"[1]", [1]),
    ],
)
def test_answers_are_decoded_twice_where_they_are_text(
    client: ServiceClient, body: bytes, value: Any
) -> None:
    Answering.answer = (200, body)
    assert client.score({}) == value


@pytest.mark.parametrize("body", [b'{"result": [1, 2]}', b'{"result": "x"}', b'{"other": []}', b"[1]"])
def test_a_table_needs_one_prediction_for_each_row(client: ServiceClient, body: bytes) -> None:
    Answering.answer = (200, body)
    with pytest.raises(WorkFailedError):
        score.score_table(client, tables.Table(["age"], [["1"]]), SCHEMA, "predict", checked=True)


def test_a_forecast_is_a_prediction_too(client: ServiceClient) -> None:
    Answering.answer = (200, b'{"forecast": [2.5], "index": [{"date": 1}]}')
    done = score.score_table(client, tables.Table(["age"], [["1"]]), SCHEMA, "predict", checked=True)
    assert done.answer == {"forecast": [2.5]}
    assert done.table == tables.Table(["age", "prediction"], [["1", 2.5]])


def test_nothing_there() -> None:
    with ServiceClient(endpoint(1), None) as client, pytest.raises(WorkFailedError) as refused:
        client.score({})
    assert refused.value.hint == "mlops endpoints start demo"


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1", "integer", 1),
        ("1.5", "number", 1.5),
        (" 2 ", "number", 2),
        ("nan", "number", None),
        ("", "string", None),
        ("NA", "string", None),
        ("inf", "number", "inf"),
        ("x", "integer", "x"),
        ("TRUE", "boolean", True),
        ("1", "string", "1"),
        (2, "integer", 2),
        (float("nan"), "number", None),
    ],
)
def test_cells_become_json(text: Any, kind: Any, value: Any) -> None:
    assert tables.to_json(text, kind) == value


def test_only_rows_of_objects_are_checked_here() -> None:
    assert score._rows({"Inputs": {"data": [{"a": 1}]}}) == [{"a": 1}]
    assert score._rows({"data": [[1]]}) is None
    assert score._rows({"columns": ["a"], "data": [{"a": 1}]}) is None
    assert score._rows("text") is None


def test_azures_own_swagger_is_read(azure_swagger: Any) -> None:
    assert list(swagger.problems(azure_swagger)) == []
    schema = inputs.from_swagger(azure_swagger)
    assert schema is not None
    types = {field.name: field.type for field in schema.inputs}
    assert len(types) == 20
    assert (types["age"], types["job"], types["euribor3m"]) == ("integer", "string", "number")
    assert score.example(schema, "demo")["data"][0]["age"] == 0


def test_a_script_of_ones_own_has_no_columns(client: ServiceClient) -> None:
    assert inputs.from_swagger({"definitions": {"ServiceInput": {"type": "object"}}}) is None
    Answering.answer = (200, b'{"definitions": {"ServiceInput": {"type": "object", "example": {}}}}')
    with pytest.raises(NotFoundError, match="does not say what it takes"):
        score.example(None, client)


def test_every_fault_of_a_document_is_named() -> None:
    broken = {
        "swagger": "1.2",
        "info": {"title": "x"},
        "paths": {"score": {"post": {"schema": {"$ref": "#/definitions/Nothing"}}}},
    }
    assert list(swagger.problems(broken)) == [
        "neither swagger 2.0 nor openapi 3",
        "info.version is missing",
        "paths has no POST /score",
        "path score does not start with /",
        "post score has no responses",
        "#/definitions/Nothing leads nowhere",
    ]
    assert list(swagger.problems({"swagger": "2.0", "info": {"title": "x", "version": "1"}})) == [
        "paths is missing"
    ]


def record(minute: int, duration: float, status: int = 200, path: str = "/score") -> RequestRecord:
    time = f"2026-01-01T00:{minute:02d}:00.000Z"
    return RequestRecord(time, "id", "POST", path, status, duration, 1, 1, 7, run_ms=duration / 2, rows=2)


def test_insights_count_by_minute_and_take_nearest_rank_percentiles() -> None:
    records = [record(1, float(number)) for number in range(1, 101)]
    records += [record(2, 5, 500), record(2, 1, 400), record(2, 1, path="/swagger.json")]
    found = insights.summary(records)
    assert (found["requests"], found["failures"], found["client_errors"]) == (102, 1, 1)
    assert found["statuses"] == {"200": 100, "400": 1, "500": 1}
    first, second = found["minutes"]
    assert first["minute"] == "2026-01-01T00:01"
    assert first["latency_ms"] == {"mean": 50.5, "p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
    assert second["requests"] == 2
    assert insights.summary(records, minutes=1)["minutes"] == [second]
    assert insights.summary([])["latency_ms"] is None


def test_spans_reach_back_and_times_are_utc() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 1, 2, tzinfo=UTC)
    assert logs.moment("1d", now) == "2026-01-01T00:00:00+00:00"
    assert logs.moment("90s", now) == "2026-01-01T23:58:30+00:00"
    assert logs.moment("2026-01-01T12:00:00") == "2026-01-01T12:00:00+00:00"
    assert logs.moment("2026-01-01T12:00:00+02:00") == "2026-01-01T10:00:00+00:00"
    with pytest.raises(UsageError):
        logs.moment("10 minutes")


def test_bad_json_is_told_with_its_place() -> None:
    assert tables.parse_json(json.dumps([1]).encode(), "x") == [1]
    with pytest.raises(UsageError, match="x is not UTF-8: byte 0"):
        tables.parse_json(b"\xff{}", "x")

"""HTTP on the wire, byte by byte, against a real worker."""

import gzip
import json
import socket
import uuid
from collections.abc import Callable

import pytest

from tests.serving.harness import KEY, ROWS, Client, Worker, request, until

SCORE = request("POST", "/score", json.dumps({"data": ROWS}).encode(), KEY)
ANSWER = b'"{\\"result\\": [\\"yes\\", \\"no\\"]}"'
HEALTH = request("GET", "/")


@pytest.fixture
def wire(service: Worker) -> Client:
    return service.connect()


def test_the_answer_is_azures_33_bytes(wire: Client) -> None:
    answer = wire.send(SCORE).read()
    assert (answer.status, answer.body, len(answer.body)) == (200, ANSWER, 33)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-ms-run-function-failed"] == "False"
    assert float(answer.headers["x-ms-run-fn-exec-ms"]) >= 0
    assert answer.headers["azureml-model-deployment"] == "v3"
    assert "connection" not in answer.headers


def test_health_needs_no_key(wire: Client) -> None:
    answer = wire.send(HEALTH).read()
    assert (answer.status, answer.body) == (200, b"Healthy")
    assert answer.headers["content-type"].startswith("text/plain")


def test_pipelined_requests_are_answered_in_order(wire: Client) -> None:
    missing = request("GET", "/nowhere")
    wire.send((SCORE + HEALTH + missing) * 20)
    assert [wire.read().status for _ in range(60)] == [200, 200, 404] * 20


def test_more_pipelined_requests_than_are_read_at_once(wire: Client) -> None:
    wire.send(SCORE * 300)
    assert {wire.read().body for _ in range(300)} == {ANSWER}


def test_a_request_in_single_bytes(wire: Client) -> None:
    wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in SCORE:
        wire.send(bytes([byte]))
    assert wire.read().body == ANSWER


def test_http_1_0_closes(wire: Client) -> None:
    answer = wire.send(request("GET", "/", version="1.0")).read()
    assert answer.headers["connection"] == "close"
    assert wire.at_end()


def test_http_1_0_stays_when_asked(wire: Client) -> None:
    for _ in range(2):
        answer = wire.send(request("GET", "/", headers={"Connection": "Keep-Alive"}, version="1.0")).read()
        assert (answer.status, answer.headers["connection"]) == (200, "keep-alive")


def test_connection_close_is_obeyed(wire: Client) -> None:
    answer = wire.send(request("GET", "/", headers={"Connection": "close"})).read()
    assert answer.headers["connection"] == "close"
    assert wire.at_end()


def test_chunked_body(wire: Client) -> None:
    body = json.dumps({"data": ROWS}).encode()
    parts = [body[:7], body[7:30], body[30:]]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    wire.send(request("POST", "/score", chunks, {**KEY, "Transfer-Encoding": "chunked"}) + HEALTH)
    assert wire.read().body == ANSWER
    assert wire.read().body == b"Healthy"


def test_expect_100_continue(wire: Client) -> None:
    body = json.dumps({"data": ROWS}).encode()
    whole = request("POST", "/score", body, {**KEY, "Expect": "100-continue"})
    wire.send(whole[: -len(body)])
    assert wire.read().status == 100
    assert wire.send(body).read().body == ANSWER


def test_gzip_body(wire: Client) -> None:
    body = gzip.compress(json.dumps({"data": ROWS}).encode())
    wire.send(request("POST", "/score", body, {**KEY, "Content-Encoding": "GZip"}))
    assert wire.read().body == ANSWER


def test_an_offer_of_http_2_is_passed_over(wire: Client) -> None:
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAM"}
    wire.send(request("POST", "/score", json.dumps({"data": ROWS}).encode(), {**KEY, **offer}) + HEALTH)
    assert wire.read().body == ANSWER
    assert wire.read().body == b"Healthy"


def test_absolute_target(wire: Client) -> None:
    assert wire.send(request("GET", "http://localhost/swagger.json?version=3")).read().json()["openapi"]
    assert wire.send(request("GET", "http://localhost")).read().body == b"Healthy"


def test_a_client_that_has_finished_sending_is_answered(wire: Client) -> None:
    wire.send(SCORE + HEALTH)
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.read().body == ANSWER
    assert wire.read().body == b"Healthy"
    assert wire.at_end()


def test_a_client_that_leaves_half_way_harms_nobody(service: Worker) -> None:
    for part in (10, len(SCORE) - 5, len(SCORE)):
        with Client(service.port) as client:
            client.send(SCORE[:part])
    assert service.ask("GET", "/").status == 200


def test_head_has_the_head_only(wire: Client) -> None:
    answer = wire.send(request("HEAD", "/") + HEALTH).read(head=True)
    assert (answer.status, answer.headers["content-length"]) == (200, "7")
    assert wire.read().body == b"Healthy"


def test_get_score_with_a_query(wire: Client) -> None:
    wire.send(request("GET", "/score?age=17&job=student&rate=1.5", headers=KEY))
    assert wire.read().json() == '{"result": ["yes"]}'


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nowhere", 404, None),
        ("GET", "/score/", 404, None),
        ("POST", "/", 405, "GET, HEAD, OPTIONS"),
        ("PUT", "/score", 405, "GET, POST, OPTIONS"),
        ("HEAD", "/score", 405, "GET, POST, OPTIONS"),
        ("DELETE", "/swagger.json", 405, "GET, HEAD, OPTIONS"),
        ("GET", "/swagger.json?version=4", 404, None),
    ],
)
def test_wrong_paths_and_methods(service: Worker, method: str, path: str, status: int, allow: str) -> None:
    answer = service.ask(method, path, headers=KEY)
    assert (answer.status, answer.headers.get("allow")) == (status, allow)
    if method != "HEAD":
        assert answer.headers["x-ms-run-function-failed"] == "False"
        assert answer.json()["error"]["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("garbage", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS client\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /score HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (request("GET", "/", headers={"Expect": "a miracle"}), 417),
        (request("GET", "/?" + "x" * 20_000), 414),
        (request("GET", "/", headers={"X": "y" * 5_000}), 431),
        (request("GET", "/", headers={f"X{n}": "y" for n in range(30)}), 431),
        (request("POST", "/score", b"", {**KEY, "Content-Length": "20001"}), 413),
        (b"CONNECT localhost:80 HTTP/1.1\r\n\r\n", 404),
    ],
)
def test_garbage_is_refused_and_the_connection_closed(wire: Client, garbage: bytes, status: int) -> None:
    answer = wire.send(HEALTH + garbage).read()
    assert answer.status == 200
    answer = wire.read()
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert answer.json()["error"]["message"]
    assert wire.at_end()


def test_a_header_without_end_is_refused(wire: Client) -> None:
    wire.send(b"GET / HTTP/1.1\r\nX: ")
    assert wire.send(b"x" * 1_000_000).read().status == 431


def test_a_body_sent_after_all_does_not_destroy_the_413(wire: Client) -> None:
    wire.send(request("POST", "/score", b"x" * 300_000, KEY))
    assert wire.read().status == 413


def test_a_chunked_body_is_bounded(wire: Client) -> None:
    head = request("POST", "/score", b"", {**KEY, "Transfer-Encoding": "chunked"})
    wire.send(head + b"".join(b"2710\r\n%s\r\n" % (b"x" * 10_000) for _ in range(3)))
    assert wire.read().json()["error"]["code"] == "PayloadTooLarge"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer nope"}, {"Authorization": "Basic Zmlyc3Q="}]
)
def test_no_scores_without_a_key(service: Worker, headers: dict[str, str]) -> None:
    answer = service.ask("POST", "/score", {"data": ROWS}, headers)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="bank"'
    assert "first-key" not in answer.raw.decode()


def test_the_second_key_opens_too(service: Worker) -> None:
    assert service.ask("POST", "/score", {"data": ROWS}, {"Authorization": "Bearer second-key"}).status == 200


def test_request_ids(service: Worker) -> None:
    generated = service.ask("GET", "/").headers
    assert str(uuid.UUID(generated["x-ms-request-id"], version=4)) == generated["x-ms-request-id"]
    assert generated["x-request-id"] == generated["x-ms-request-id"]
    assert "x-ms-client-request-id" not in generated
    strange = service.ask("GET", "/", headers={"x-request-id": "\xe9"}).headers["x-request-id"]
    assert uuid.UUID(strange)


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (("r 1", None, None), ("r 1", "r 1", None)),
        (("r", "m", None), ("r", "m", "m")),
        (("r", None, "c"), ("r", "c", "c")),
        (("r", "m", "c"), ("r", "m", "c")),
        ((None, "m", "c"), ("m", "m", "c")),
    ],
)
def test_ids_of_the_client_come_back_as_azure_sends_them(
    service: Worker, sent: tuple[str | None, ...], answered: tuple[str | None, ...]
) -> None:
    names = ("x-request-id", "x-ms-request-id", "x-ms-client-request-id")
    headers = {name: value for name, value in zip(names, sent, strict=True) if value}
    answer = service.ask("GET", "/", headers=headers).headers
    assert tuple(answer.get(name) for name in names) == answered


def test_only_a_clients_own_id_leaves_the_request_one_of_ours(service: Worker) -> None:
    answer = service.ask("GET", "/", headers={"x-ms-client-request-id": "c"}).headers
    assert (answer["x-ms-request-id"], answer["x-ms-client-request-id"]) == ("c", "c")
    assert uuid.UUID(answer["x-request-id"])


@pytest.mark.parametrize("name", ["x-request-id", "x-ms-request-id", "x-ms-client-request-id"])
def test_ids_are_at_most_100_characters(service: Worker, name: str) -> None:
    assert service.ask("GET", "/", headers={name: "x" * 100}).status == 200
    refused = service.ask("GET", "/", headers={"x-request-id": "r", "x-ms-request-id": "m", name: "x" * 101})
    assert refused.status == 431
    assert name in refused.json()["message"]
    assert refused.json()["message"].endswith("must not exceed 100 characters")


def test_a_trace_id_comes_back(service: Worker) -> None:
    assert service.ask("GET", "/", headers={"TraceId": "t1"}).headers["traceid"] == "t1"


@pytest.mark.parametrize("path", ["/", "/swagger.json", "/metrics", "/ui"])
def test_what_is_only_read_says_so(service: Worker, path: str) -> None:
    answer = service.ask("OPTIONS", path)
    assert (answer.status, answer.headers["allow"], answer.body) == (200, "GET, HEAD, OPTIONS", b"")


def test_a_path_and_a_version_may_be_percent_encoded(service: Worker) -> None:
    assert service.ask("GET", "/swagger%2Ejson?version=%33").json()["openapi"] == "3.0.3"
    assert service.ask("POST", "/%73core", {"data": ROWS}, KEY).status == 200
    assert service.ask("POST", "/%73core", {"data": ROWS}).status == 401
    assert service.ask("GET", "/%00%0d%0aX:%20y").status == 404


def test_cors(service: Worker) -> None:
    origin = {"Origin": "http://localhost:9000", "Access-Control-Request-Headers": "authorization"}
    preflight = service.ask("OPTIONS", "/score", headers=origin)
    assert preflight.status == 200
    assert preflight.headers["access-control-allow-origin"] == "http://localhost:9000"
    assert preflight.headers["access-control-allow-methods"] == "GET, POST"
    assert preflight.headers["access-control-allow-headers"] == "authorization"
    answer = service.score({"data": ROWS}, {"Origin": "http://localhost:9000"})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:9000"
    stranger = service.score({"data": ROWS}, {"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers


def test_slow_clients_are_cut_off(launch: Callable[..., Worker]) -> None:
    worker = launch(limits={"receive_seconds": 0.3, "idle_seconds": 0.6, "send_seconds": 0.3})
    idle, head, body = worker.connect(), worker.connect(), worker.connect()
    head.send(b"GET / HT")
    body.send(request("POST", "/score", b"x", {**KEY, "Content-Length": "10"}))
    assert [head.read().status, body.read().status] == [408, 408]
    assert idle.at_end()


def test_a_client_that_does_not_read_is_cut_off(launch: Callable[..., Worker]) -> None:
    script = "def init(): pass\ndef run(data): return 'x' * 4_000_000\n"
    worker = launch(script, limits={"send_seconds": 0.3})
    client = worker.connect()
    client.send(request("POST", "/score", b"1", KEY) * 8)

    def is_cut() -> bool:
        try:
            client.send(HEALTH)
        except ConnectionError:
            return True
        return False

    assert until(is_cut)
    assert worker.ask("GET", "/").status == 200


def test_connections_are_bounded(launch: Callable[..., Worker]) -> None:
    worker = launch(limits={"connections": 2})
    first, second = worker.connect(), worker.connect()
    assert [client.send(HEALTH).read().status for client in (first, second)] == [200, 200]
    assert worker.connect().at_end()

"""The page of `mlops swagger --serve`: whom it answers, what it passes on, and what it keeps to itself."""

import hashlib
import http.client
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mlops_cli.web
from mlops_cli.errors import UsageError
from mlops_cli.web.loopback import Call, LoopbackServer, Reply
from mlops_cli.web.swagger_ui import SwaggerUi, without_security

VENDOR = Path(mlops_cli.web.__file__).parent / "vendor"
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "bank", "version": "1.0"},
    "servers": [{"url": "http://127.0.0.1:1"}],
    "paths": {"/": {"get": {}}, "/score": {"post": {"security": [{"Bearer": []}]}}},
    "components": {"securitySchemes": {"Bearer": {"type": "http", "scheme": "bearer"}}},
}
Ask = Callable[..., tuple[int, dict[str, str], bytes]]


class Endpoint:
    """Remembers what it is sent."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, str], bytes]] = []

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        self.calls.append((method, target, headers, body))
        return Reply(200, b'"scored"', "application/json", (("x-ms-request-id", "r1"),))


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def serve(endpoint: Endpoint) -> Iterator[Callable[..., LoopbackServer]]:
    running: list[tuple[LoopbackServer, threading.Thread]] = []

    def go(**options: Any) -> LoopbackServer:
        page = SwaggerUi(DOCUMENT, endpoint.send, **options)
        server = page.serve(0)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        running.append((server, thread))
        server.page = page  # type: ignore[attr-defined]
        return server

    yield go
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(
    server: LoopbackServer, method: str, path: str, body: bytes = b"", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): v for name, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_the_vendored_files_are_the_published_ones() -> None:
    record = json.loads((VENDOR / "vendored.json").read_text())
    assert record["version"].startswith("5.")
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.iterdir()}
    del found["vendored.json"]
    assert found == record["sha256"]
    assert "Apache License" in (VENDOR / "LICENSE").read_text()


@pytest.mark.parametrize("path", ["/", "/swagger.js", "/swagger.css", "/vendor/swagger-ui-bundle.js"])
def test_pages_have_a_strict_policy(serve: Callable[..., LoopbackServer], path: str) -> None:
    status, headers, body = ask(serve(), "GET", path)
    assert (status, headers["x-content-type-options"]) == (200, "nosniff")
    assert body
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy


def test_the_document_is_served_and_nothing_else(serve: Callable[..., LoopbackServer]) -> None:
    server = serve()
    assert json.loads(ask(server, "GET", "/swagger.json")[2]) == DOCUMENT
    for path in ("/nothing", "/vendor/LICENSE", "/vendor/../loopback.py", "/endpoint/other", "/score"):
        assert ask(server, "GET", path)[0] == 404


def test_a_call_reaches_the_endpoint_with_the_users_own_key(
    serve: Callable[..., LoopbackServer], endpoint: Endpoint
) -> None:
    headers = {
        "Authorization": "Bearer typed",
        "Content_Type": "application/json",
        "Cookie": "a=b",
        "X_Other": "1",
    }
    status, answered, body = ask(serve(), "POST", "/endpoint/score?x=1", b"{}", **headers)
    assert (status, body, answered["x-ms-request-id"]) == (200, b'"scored"', "r1")
    method, target, sent, payload = endpoint.calls[0]
    assert (method, target, payload) == ("POST", "/score?x=1", b"{}")
    assert sent["authorization"] == "Bearer typed"
    assert not {"cookie", "x-other", "host"} & set(sent)


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example:80"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_other_sites_are_refused(
    serve: Callable[..., LoopbackServer], endpoint: Endpoint, headers: dict[str, str]
) -> None:
    server = serve()
    assert ask(server, "POST", "/endpoint/score", b"{}", **headers)[0] == 403
    assert ask(server, "GET", "/", **headers)[0] == 403
    assert endpoint.calls == []


def test_our_own_origin_is_let_in(serve: Callable[..., LoopbackServer], endpoint: Endpoint) -> None:
    server = serve()
    assert ask(server, "POST", "/endpoint/score", b"{}", Origin=server.url.rstrip("/"))[0] == 200


def test_authorize_signs_calls_of_the_browser_that_opened_the_address(
    serve: Callable[..., LoopbackServer], endpoint: Endpoint
) -> None:
    server = serve(authorization="Bearer the-key")
    status, headers, _ = ask(server, "GET", "/" + server.page.first_path)  # type: ignore[attr-defined]
    assert (status, headers["location"]) == (303, "/")
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert ask(server, "POST", "/endpoint/score", b"{}", Cookie=cookie.split(";")[0])[0] == 200
    assert endpoint.calls[0][2]["authorization"] == "Bearer the-key"


def test_authorize_signs_nobody_elses_calls(serve: Callable[..., LoopbackServer], endpoint: Endpoint) -> None:
    server = serve(authorization="Bearer the-key")
    name = ask(server, "GET", "/" + server.page.first_path)[1]["set-cookie"].split("=")[0]  # type: ignore[attr-defined]
    for headers in ({}, {"Cookie": f"{name}=guess"}, {"Cookie": "a=b"}, {"Authorization": "Bearer other"}):
        assert ask(server, "POST", "/endpoint/score", b"{}", **headers)[0] == 403
    assert ask(server, "GET", "/open/guess")[0] == 404
    assert endpoint.calls == []


def test_authorize_never_gives_the_key_to_the_page(serve: Callable[..., LoopbackServer]) -> None:
    server = serve(authorization="Bearer the-key")
    for path in ("/", "/swagger.json", "/swagger.js", "/" + server.page.first_path):  # type: ignore[attr-defined]
        _, headers, body = ask(server, "GET", path)
        assert b"the-key" not in body
        assert "the-key" not in str(headers)
    assert "securitySchemes" not in json.loads(ask(server, "GET", "/swagger.json")[2])["components"]
    assert DOCUMENT["paths"]["/score"]["post"]["security"]


def test_without_security_takes_version_2_too() -> None:
    two = {"swagger": "2.0", "securityDefinitions": {}, "paths": {"/score": {"post": {"security": []}}}}
    assert without_security(two) == {"swagger": "2.0", "paths": {"/score": {"post": {}}}}


def test_a_port_in_use_is_told(serve: Callable[..., LoopbackServer]) -> None:
    taken = serve().server_port
    with pytest.raises(UsageError, match=f"port {taken} is in use") as caught:
        LoopbackServer(taken, lambda _call: Reply(200))
    assert caught.value.hint == f"choose another: --port {taken + 1}"


def test_a_body_of_unknown_length_is_refused(serve: Callable[..., LoopbackServer]) -> None:
    assert ask(serve(), "POST", "/endpoint/score", b"", Transfer_Encoding="chunked")[0] == 413
    assert Call("GET", "/a?b=c", {}, b"").path == "/a"

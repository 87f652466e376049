"""The proxy and the services as seen by a plain HTTP client."""

import socket
import ssl

import psutil
import pytest
import requests


def test_unknown_call_is_refused_at_once_by_name(wire):
    answer = wire.arm("GET", "/subscriptions/x/providers/Microsoft.Unknown/things")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NotImplementedByEmulator"
    assert "GET https://management.azure.com/subscriptions/x/providers" in answer.json()["error"]["message"]


def test_unknown_host_is_refused_and_never_called(wire):
    answer = wire.session.get("https://www.test/simple/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NotImplementedByEmulator")
    assert wire.session.get("http://example.com/").status_code == 404


@pytest.mark.parametrize(
    "token", ["", "Bearer x", "Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.", "Basic YTpi"]
)
def test_calls_without_a_token_of_the_instance_are_refused(wire, token):
    url = f"https://management.azure.com{wire.workspace}"
    answer = wire.session.get(url, headers={"Authorization": token} if token else {})
    assert answer.status_code == 401
    assert "login.microsoftonline.com" in answer.headers["WWW-Authenticate"]


def test_paths_are_matched_in_any_case_and_with_two_slashes(wire):
    name = wire.identity.workspace_name
    assert wire.arm("GET", wire.workspace.lower()).json()["name"] == name
    assert wire.arm("GET", f"/{wire.workspace.upper()}").json()["name"] == name


@pytest.mark.parametrize("place", [
    "experiments.azureml.net/history/v1.0{}/experiments",
    "modelmanagement.azureml.net/api{}/models",
    "modelmanagement.azureml.net/modelmanagement/v1.0{}/models",
    "aether.ms/api/v1.0{}/Pipelines",
])  # fmt: skip
def test_hosts_that_services_once_had_still_answer(wire, place):
    url = f"https://{wire.identity.location}.{place.format(wire.workspace)}"
    assert wire.session.get(url, headers=wire.bearer).status_code == 200


def test_missing_workspace(wire):
    answer = wire.arm("GET", f"{wire.workspace}-other")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_only_loopback_is_served(emulator):
    listening = [
        c.laddr.ip for c in psutil.Process(emulator.process().pid).net_connections() if c.status == "LISTEN"
    ]
    assert listening == ["127.0.0.1"]


def test_certificate_is_for_the_host_that_was_asked_for(emulator):
    context = ssl.create_default_context(cafile=str(emulator.instance.ca))
    with socket.create_connection(("127.0.0.1", emulator.identity.port)) as connection:
        connection.sendall(b"CONNECT some.host.example:443 HTTP/1.1\r\nHost: some.host.example:443\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        with context.wrap_socket(connection, server_hostname="some.host.example") as secure:
            names = dict(secure.getpeercert()["subjectAltName"])
    assert names == {"DNS": "some.host.example"}


def test_garbage_does_not_disturb_the_server(wire):
    with socket.create_connection(("127.0.0.1", wire.identity.port)) as connection:
        connection.sendall(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
        assert connection.recv(100) == b""
    assert wire.arm("GET", "/subscriptions").status_code == 200


def test_body_that_is_no_json_is_a_400(wire):
    answer = wire.aml("POST", f"/dataset/v1.0{wire.workspace}/saveddatasets", data="{")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "UserError")


def test_chunked_body(wire):
    wire.blob("PUT", "/chunked?restype=container")
    pieces = (b"x" * 1000 for _ in range(50))
    assert wire.blob("PUT", "/chunked/file", data=pieces).status_code == 201
    assert wire.blob("GET", "/chunked/file").content == b"x" * 50_000


@pytest.mark.parametrize(
    ("wanted", "status", "content", "place"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-12", 416, b"", "bytes */10"),
    ],
)
def test_ranges(wire, wanted, status, content, place):
    wire.blob("PUT", "/ranges?restype=container")
    wire.blob("PUT", "/ranges/file", data=b"0123456789")
    answer = wire.blob("GET", "/ranges/file", headers={"x-ms-range": wanted})
    assert (answer.status_code, answer.content, answer.headers["Content-Range"]) == (status, content, place)


def test_blocks_are_joined_in_the_order_of_the_list(wire):
    wire.blob("PUT", "/blocks?restype=container")
    for block, content in (("Qg==", b"second"), ("QQ==", b"first ")):
        assert wire.blob("PUT", f"/blocks/file?comp=block&blockid={block}", data=content).status_code == 201
    wanted = "<BlockList><Latest>QQ==</Latest><Latest>Qg==</Latest></BlockList>"
    assert wire.blob("PUT", "/blocks/file?comp=blocklist", data=wanted).status_code == 201
    assert wire.blob("GET", "/blocks/file").content == b"first second"
    refused = wire.blob("PUT", "/blocks/file?comp=blocklist", data=wanted)
    assert (refused.status_code, refused.headers["x-ms-error-code"]) == (400, "InvalidBlockList")


def test_missing_blob_has_a_code_and_no_body_on_head(wire):
    wire.blob("PUT", "/missing?restype=container")
    answer = wire.blob("HEAD", "/missing/file")
    assert (answer.status_code, answer.headers["x-ms-error-code"], answer.content) == (
        404,
        "BlobNotFound",
        b"",
    )
    assert "<Code>ContainerNotFound</Code>" in wire.blob("GET", "/none/file").text


def test_private_blobs_are_not_for_everybody(wire):
    wire.blob("PUT", "/private?restype=container")
    wire.blob("PUT", "/private/file", data=b"x")
    url = "https://anaccount.blob.core.windows.net/private/file"
    assert wire.session.get(url).status_code == 404
    forged = wire.session.get(f"{url}?sr=b&sig=AAAA&se=2099-01-01T00:00:00Z")
    assert (forged.status_code, forged.headers["x-ms-error-code"]) == (403, "AuthenticationFailed")


def test_condition_on_the_state_of_a_blob(wire):
    wire.blob("PUT", "/conditions?restype=container")
    tag = wire.blob("PUT", "/conditions/file", data=b"1").headers["ETag"]
    assert wire.blob("PUT", "/conditions/file", data=b"2", headers={"If-None-Match": "*"}).status_code == 409
    wire.blob("PUT", "/conditions/file", data=b"3")
    assert wire.blob("GET", "/conditions/file", headers={"If-Match": tag}).status_code == 412


def test_control_needs_its_key(wire):
    base = f"http://127.0.0.1:{wire.identity.port}"
    assert requests.get(f"{base}/health", timeout=5).json()["status"] == "ready"
    assert requests.get(f"{base}/emulator/status", timeout=5).status_code == 401
    assert wire.emulator.control("GET", "/emulator/status")["routes"] > 100

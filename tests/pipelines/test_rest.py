"""What the REST endpoints answer to clients that write HTTP in ways of their own."""

import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from mlops_cli.engine.pipelines import layout, tokens
from tests.pipelines.world import Project

Send = Callable[..., tuple[int, Any]]
CHUNKED = "Transfer-Encoding: chunked\r\n"
WORD = b'{"ParameterAssignments": {"word": "you"}}'


@pytest.fixture
def send(published: Project) -> Send:
    """A request as it is on the wire; status and document of the answer."""
    address = urlsplit(published.mlops("pipeline", "list", "-o", "json").json()[0]["endpoint"])
    token = published.mlops("pipeline", "token").stdout.strip()

    def sent(
        body: bytes, *, head: str | None = None, method: str = "POST", query: str = ""
    ) -> tuple[int, Any]:
        head = f"Content-Length: {len(body)}\r\n" if head is None else head
        lines = f"{method} {address.path}{query} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n{head}\r\n"
        with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30) as client:
            client.sendall(lines.encode("latin-1") + body)
            client.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        top, _, content = answer.partition(b"\r\n\r\n")
        return int(top.split()[1]), json.loads(content or "null")

    return sent


@pytest.mark.parametrize("body", [
    WORD,
    b"\xef\xbb\xbf" + WORD,
    WORD.lower(),
    b'{"experimentname": null, "DATAPATHASSIGNMENTS": null, "parameterAssignments": {"word": "you"}}',
])  # fmt: skip
def test_names_have_any_case_and_null_is_nothing(send: Send, body: bytes) -> None:
    status, answer = send(body)
    assert (status, answer["ParameterAssignments"]["word"]) == (200, "you")


def test_a_body_may_come_in_chunks(send: Send) -> None:
    chunks = (
        b"5;x=y\r\n" + WORD[:5] + b"\r\n%x\r\n" % len(WORD[5:]) + WORD[5:] + b"\r\n0\r\nDone: yes\r\n\r\n"
    )
    status, answer = send(chunks, head=CHUNKED)
    assert (status, answer["ParameterAssignments"]["word"]) == (200, "you")


@pytest.mark.parametrize(("body", "head", "words"), [
    (b"{}", "Content-Length: 50\r\n", "ends after 2 bytes of 50"),
    (b"{}", "Content-Length: \xb2\r\n", "is no length"),
    (b"{}", f"Content-Length: {'9' * 5000}\r\n", "is no length"),
    (b"{}", "Content-Length: -2\r\n", "is no length"),
    (b"2\r\n{", CHUNKED, "ends after 1 bytes of 2"),
    (b"-2\r\n{}\r\n0\r\n\r\n", CHUNKED, "is no length"),
    (b"f4240\r\n" + b" " * 1_000_000 + b"\r\n2\r\n{}\r\n0\r\n\r\n", CHUNKED, "too large"),
    (b"{}", CHUNKED + "Content-Length: 2\r\n", "or in chunks"),
    (b"{}", "Transfer-Encoding: gzip\r\n", "or in chunks"),
    (b" " * 5_000_000, None, "too large"),
    (b'{"a":' * 100_000, None, "not what a trigger expects"),
    (b'{"ParameterAssignments": {"word": "\xe9"}}', None, "not what a trigger expects"),
    (b"null", None, "not what a trigger expects"),
])  # fmt: skip
def test_what_cannot_be_read_is_answered_and_starts_nothing(
    published: Project, send: Send, body: bytes, head: str | None, words: str
) -> None:
    status, answer = send(body, head=head)
    assert (status, words in answer["error"]["message"]) == (400, True), answer
    assert published.mlops("pipeline", "runs", "-o", "json").json() == []


@pytest.mark.parametrize("version", ["%C2%B2", "9" * 5000, "-1", "x"])
def test_a_version_is_a_number(send: Send, version: str) -> None:
    status, answer = send(b"{}", query=f"?pipelineVersion={version}")
    assert (status, "pipelineVersion expects" in answer["error"]["message"]) == (400, True)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRIGGER"])
def test_other_methods_are_refused_in_json(send: Send, method: str) -> None:
    status, answer = send(b"{}", method=method)
    assert (status, bool(answer["error"]["message"])) == (405, True)


def test_head_has_no_body(send: Send) -> None:
    assert send(b"", method="HEAD") == (405, None)


def test_a_damaged_file_of_tokens_is_replaced(published: Project, send: Send) -> None:
    file = layout.server_dir(published.home) / tokens.FILE
    file.write_bytes(b'[{"val')
    assert send(b"{}")[0] == 401
    published.mlops("pipeline", "trigger", "Bank Retrain", "--wait")

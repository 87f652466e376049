"""Where load may go, TLS, and what is refused before any load."""

import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from mlops_cli.bench.payloads import encode, rows_in
from mlops_cli.bench.plan import Load, Manner
from mlops_cli.bench.session import Aim, Session
from mlops_cli.bench.target import Target, check_concurrency, open_target, parse
from mlops_cli.errors import UsageError, WorkFailedError
from mlops_cli.services.bench.subject import is_direct
from tests.bench.server import Server


def elsewhere(address: str = "192.0.2.1") -> Target:
    """A target that is never connected to (RFC 5737)."""
    return Target(f"http://{address}/", address, 80, "/", address, socket.AF_INET, (address, 80))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-made certificate for 127.0.0.1 and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl program is not here to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("http://h", ("http", "h", 80, "/", "h")),
        ("https://h:8443/score?a=1", ("https", "h", 8443, "/score?a=1", "h:8443")),
        ("http://[::1]:80/x", ("http", "::1", 80, "/x", "[::1]:80")),
        ("http://user:pw@h/x", ("http", "h", 80, "/x", "h")),
    ],
)
def test_a_url_in_its_parts(url: str, parts: tuple[str, str, int, str, str]) -> None:
    assert parse(url) == parts


@pytest.mark.parametrize(
    "url", ["h:80/score", "ftp://h/", "http://", "http://h:99999/", "http://h/a b", "http://h/\r\nX: y"]
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(UsageError, match=r"is not a URL|cannot have"):
        parse(url)


def test_many_connections_elsewhere_need_a_word() -> None:
    asked: list[str] = []

    def no(_: str) -> bool:
        return False

    check_concurrency(elsewhere(), 50, no)
    check_concurrency(elsewhere(), 51, lambda question: asked.append(question) is None)
    check_concurrency(elsewhere("127.8.8.8"), 5000, no)
    with pytest.raises(UsageError, match=r"51 connections to 192\.0\.2\.1") as caught:
        check_concurrency(elsewhere(), 51, no)
    assert "--yes" in str(caught.value.hint)
    assert asked == ["Open 51 connections to 192.0.2.1, which is not this machine?"]


def test_a_name_of_this_machine_is_loopback() -> None:
    with Server() as server:
        target = open_target(server.url.replace("127.0.0.1", "localhost"))
    assert target.is_loopback
    assert target.authority == f"localhost:{server.port}"


def test_nobody_there_is_said_before_any_load() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(WorkFailedError, match=f"cannot connect to 127.0.0.1:{port}: Connection refused"):
        open_target(f"http://127.0.0.1:{port}/")
    with pytest.raises(WorkFailedError, match=f"cannot connect to the proxy 127.0.0.1:{port}"):
        open_target("http://192.0.2.1/", proxy=f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "header", [{"a": "b\r\nX: y"}, {"a\n": "b"}, {"": "b"}, {"a": "日"}, {"Content-Length": "5"}]
)
def test_headers_that_would_break_a_request(header: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="the header"):
        encode(elsewhere(), b"{}", header, keep_alive=True)


def test_a_given_header_takes_the_place_of_ours() -> None:
    request = encode(elsewhere(), b"a,b", {"Content-Type": "text/csv"}, keep_alive=False)
    assert request.count(b"ontent-") + request.count(b"ontent-T") == 2
    assert b"content-type: text/csv\r\n" in request
    assert request.endswith(b"\r\n\r\na,b")


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b'{"data": [{}, {}]}', 2),
        (b'{"Inputs": {"data": [1]}, "GlobalParameters": {}}', 1),
        (b"[1, 2, 3]", 3),
        (b'{"rows": []}', None),
        (b"a,b", None),
    ],
)
def test_how_many_rows_a_payload_has(body: bytes, rows: int | None) -> None:
    assert rows_in(body) == rows


@pytest.mark.parametrize("keep_alive", [True, False])
def test_load_over_tls(secure: ssl.SSLContext, certificate: tuple[Path, Path], keep_alive: bool) -> None:
    large = b'{"data": [' + b",".join([b"1"] * 100_000) + b"]}"
    with Server(tls=secure) as server:
        target = open_target(server.url, ca_file=certificate[0])
        with Session(
            Aim("toy", target, [large, b'{"data": [1]}']), Manner(3, keep_alive=keep_alive)
        ) as session:
            result = session.measure(Load(requests=30))
    assert (result.requests, result.failures) == (30, 0)
    assert result.connections == (3 if keep_alive else 30)
    assert str(result.tls).startswith("TLSv1.3,")
    assert result.phases_ms["tls"].count == result.connections
    assert result.phases_ms["tls"].min > 0


def test_a_certificate_that_nobody_vouches_for(secure: ssl.SSLContext) -> None:
    with Server(tls=secure) as server:
        with pytest.raises(WorkFailedError, match="self-signed") as caught:
            open_target(server.url)
        assert "--cacert" in str(caught.value.hint)
        assert open_target(server.url, insecure=True).tls is not None


class Hasty(Server):
    """Answers whatever comes first, and closes."""

    def _talk(self, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_tls_to_a_server_without_it_is_said() -> None:
    with Hasty() as server, pytest.raises(WorkFailedError, match="cannot connect"):
        open_target(server.url.replace("http:", "https:"))


def test_a_file_that_is_no_certificate(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("no")
    with pytest.raises(UsageError, match=r"x\.pem"):
        open_target("https://127.0.0.1:1/", ca_file=tmp_path / "x.pem")


def test_a_proxy_is_given_the_whole_address() -> None:
    with Server() as proxy:
        target = open_target("http://service.invalid:8080/score?x=1", proxy=proxy.url)
        assert target.address == ("127.0.0.1", proxy.port)
        assert not target.is_loopback, "what stands behind a proxy is not this machine"
        sent = encode(target, b"{}", {}, keep_alive=True)
        assert sent.startswith(b"POST http://service.invalid:8080/score?x=1 HTTP/1.1\r\n")
        assert b"Host: service.invalid:8080\r\n" in sent
        with Session(Aim("there", target, [b'{"data": [1]}'], {}), Manner(1, 5.0)) as session:
            result = session.measure(Load(3))
        assert (result.requests, result.failures) == (3, 0)
        assert proxy.requests[0][0].startswith(b"POST http://service.invalid:8080/score?x=1 ")


@pytest.mark.parametrize(
    ("host", "direct"),
    [("127.0.0.1:9", True), ("localhost:9", True), ("inside.example", True), ("outside.example", False)],
)
def test_this_machine_and_what_no_proxy_names_are_reached_directly(host: str, direct: bool) -> None:
    assert is_direct(f"http://{host}/score", "inside.example") is direct

"""Where the load goes: exactly the given URL, no redirects; through a proxy where one is named (http only)."""

import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mlops_cli.errors import UsageError, WorkFailedError

MOST_CONNECTIONS_ELSEWHERE = 50
"""More than this to an address that is not loopback needs the user's word."""
CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """One URL, taken apart and resolved. `authority` is the Host header; `address` what connect() takes.

    Through a proxy, `address` is the proxy's and `path` the whole URL (RFC 9112, section 3.2.2).
    """

    url: str
    host: str
    port: int
    path: str
    authority: str
    family: int
    address: Any
    tls: ssl.SSLContext | None = None
    proxied: bool = False

    @property
    def is_loopback(self) -> bool:
        """Whether the service is on this machine; behind a proxy it counts as somewhere else."""
        return not self.proxied and ipaddress.ip_address(self.address[0].partition("%")[0]).is_loopback


def parse(url: str) -> tuple[str, str, int, str, str]:
    """Scheme, host, port, path with query, and the Host header of `url`; UsageError says what is wrong."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"'{url}' is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"'{url}' is not a URL", hint="write http://HOST:PORT/score")
    if any(ord(letter) <= 32 or ord(letter) > 126 for letter in url):
        raise UsageError(f"'{url}' has characters that a URL cannot have", hint="percent-encode them")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    authority = parts.netloc.rpartition("@")[2]
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path, authority


def open_target(
    url: str,
    *,
    proxy: str | None = None,
    ca_file: Path | None = None,
    insecure: bool = False,
    admit: Callable[[Target], None] | None = None,
) -> Target:
    """Resolve `url` and connect once, so that a wrong host, port or certificate is said before any load.

    `admit` is asked before anything is sent, and raises to refuse. Raises WorkFailedError when nothing answers.
    """
    scheme, host, port, path, authority = parse(url)
    tls = _context(ca_file, insecure=insecure) if scheme == "https" else None
    problem = "no address"
    proxied = proxy is not None and scheme == "http"
    where = parse(proxy)[1:3] if proxied and proxy else (host, port)
    for family, _, _, _, address in _addresses(*where):
        sent = url if proxied else path
        target = Target(url, host, port, sent, authority, family, address, tls, proxied)
        if admit:
            admit(target)
        try:
            _try(target)
        except ssl.SSLCertVerificationError as error:
            hint = "give its authority with --cacert FILE, or --insecure to accept it"
            raise WorkFailedError(f"{host}:{port}: {error.verify_message}", hint=hint) from None
        except (OSError, ssl.SSLError) as error:
            problem = error.strerror or str(error)
            continue
        return target
    name = f"the proxy {where[0]}:{where[1]}" if proxied else f"{host}:{port}"
    hint = f"check --proxy, or go without: --no-proxy {host}" if proxied else "see: mlops endpoints list"
    raise WorkFailedError(f"cannot connect to {name}: {problem}", hint=hint)


def check_concurrency(target: Target, concurrency: int, agreed: Callable[[str], bool]) -> None:
    """Ask before many connections go to a machine that may be someone else's. Raises UsageError on a no."""
    if concurrency <= MOST_CONNECTIONS_ELSEWHERE or target.is_loopback:
        return
    address = "" if target.host == target.address[0] else f" ({target.address[0]})"
    message = f"{concurrency} connections to {target.host}{address}, which is not this machine"
    if not agreed(f"Open {message}?"):
        hint = f"add --yes if it may be loaded like this, or stay at -c {MOST_CONNECTIONS_ELSEWHERE}"
        raise UsageError(message, hint=hint)


def _addresses(host: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise WorkFailedError(f"cannot find {host}: {error.strerror}", hint="check the URL") from None


def _context(ca_file: Path | None, *, insecure: bool) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"cannot use {ca_file} as a certificate: {error}") from None
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _try(target: Target) -> None:
    with socket.socket(target.family, socket.SOCK_STREAM) as plain:
        plain.settimeout(CONNECT_SECONDS)
        plain.connect(target.address)
        if target.tls:
            target.tls.wrap_socket(plain, server_hostname=target.host).close()

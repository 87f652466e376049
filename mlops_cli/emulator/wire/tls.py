"""The instance's own certificate authority: a leaf certificate for every host a client asks for."""

from __future__ import annotations

import ssl
import threading
from pathlib import Path

import trustme

from mlops_cli.engine.files import write_atomic


class Authority:
    """Signs leaf certificates; made once per instance and kept, its key readable by the owner alone."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._ca = trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    @staticmethod
    def create(certificate: Path, key: Path) -> None:
        """Write the certificate and the key of a new authority."""
        ca = trustme.CA(organization_name="mlops emulator", organization_unit_name="loopback only")
        write_atomic(key, ca.private_key_pem.bytes(), mode=0o600)
        write_atomic(certificate, ca.cert_pem.bytes())

    def context(self, host: str) -> ssl.SSLContext:
        """A server-side context whose certificate is for `host` (a name or an address, without port)."""
        with self._lock:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.set_alpn_protocols(["http/1.1"])
                self._ca.issue_cert(host).configure_cert(context)
                self._contexts[host] = context
            return self._contexts[host]


def issue_client_certificate(certificate: Path, key: Path, target: Path) -> None:
    """Write a key and certificate (one PEM file, 0600) with which a service principal may sign in."""
    leaf = trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes()).issue_cert(
        "service-principal", key_type=trustme.KeyType.RSA
    )
    write_atomic(target, leaf.private_key_and_cert_chain_pem.bytes(), mode=0o600)

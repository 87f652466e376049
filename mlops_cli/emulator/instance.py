"""Who an emulator is: its names, secrets and settings. Random, made once, readable by the owner alone."""

from __future__ import annotations

import base64
import secrets
import uuid
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct, field

from mlops_cli.emulator.wire.tls import Authority, issue_client_certificate
from mlops_cli.engine.files import write_atomic

AUTOML_SECONDS, FAST_AUTOML_SECONDS = 60.0, 10.0


def _guid() -> str:
    return str(uuid.uuid4())


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()


class Identity(Struct, kw_only=True):
    """Names and secrets of one instance.

    `maps` are addresses of sample data and the files behind them; `python` runs submitted scripts.
    `automl_seconds` bounds the search of an AutoML run, whose own budget is for Azure's machines.
    """

    subscription_id: str = field(default_factory=_guid)
    tenant_id: str = field(default_factory=_guid)
    resource_group: str = "mlops-rg"
    workspace_name: str = "mlops-ws"
    location: str = "eastus2"
    client_id: str = field(default_factory=_guid)
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(30))
    object_id: str = field(default_factory=_guid)
    signing_key: str = field(default_factory=_key)
    storage_key: str = field(default_factory=_key)
    control_key: str = field(default_factory=lambda: secrets.token_urlsafe(30))
    storage_suffix: str = field(default_factory=lambda: secrets.token_hex(5))
    port: int = 0
    fast: bool = False
    python: str | None = None
    automl_seconds: float | None = None
    maps: dict[str, str] = field(default_factory=dict)

    def automl_budget(self) -> float:
        """Seconds that the search of an AutoML run may take."""
        return self.automl_seconds or (FAST_AUTOML_SECONDS if self.fast else AUTOML_SECONDS)


class Instance:
    """The files of an instance below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.identity_file = folder / "instance.json"
        self.ca = folder / "ca.pem"
        self.ca_key = folder / "ca-key.pem"
        self.bundle = folder / "ca-bundle.pem"
        self.client_certificate = folder / "service-principal.pem"
        self.client_home = folder / "home"
        self.client_modules = folder / "client"
        self.server_file = folder / "server.json"
        self.log = folder / "emulator.log"
        self.lock = folder / "emulator.lock"
        self.state = folder / "state"

    def exists(self) -> bool:
        return self.identity_file.exists()

    def identity(self) -> Identity:
        return msgspec.json.decode(self.identity_file.read_bytes(), type=Identity)

    def save(self, identity: Identity) -> None:
        write_atomic(self.identity_file, msgspec.json.encode(identity), mode=0o600)

    def create(self, identity: Identity) -> None:
        """Write a new instance; the identity file comes last, so that half an instance counts as none."""
        import certifi

        self.client_home.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        Authority.create(self.ca, self.ca_key)
        issue_client_certificate(self.ca, self.ca_key, self.client_certificate)
        write_atomic(self.bundle, Path(certifi.where()).read_bytes() + b"\n" + self.ca.read_bytes())
        self.save(identity)

    def authority(self) -> Authority:
        return Authority(self.ca, self.ca_key)

    def certificate_key(self) -> RSAPublicKey:
        """The public key of the certificate with which the service principal may sign in."""
        certificate = x509.load_pem_x509_certificate(self.client_certificate.read_bytes())
        key = certificate.public_key()
        assert isinstance(key, RSAPublicKey), "it is made with an RSA key"
        return key

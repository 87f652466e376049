"""One function for each way of signing in; each returns a credential, or says what is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from azure import identity
from azure.core.credentials import AccessToken

from mlops_cli.backends.azureml.signin import assertions, claims
from mlops_cli.backends.azureml.signin.interactive import InteractiveCredential, has_browser
from mlops_cli.config.model import AuthSettings
from mlops_cli.errors import ConfigError, SignInError

ARM = "https://management.core.windows.net//.default"
"""The scope of Azure Resource Manager; the resource itself ends with a slash."""


class UnavailableError(Exception):
    """This way is not set up here; the text says what is missing."""


class Credential(Protocol):
    """Gives tokens, from memory as long as they hold (the protocol of azure-core)."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken: ...


class Settings(NamedTuple):
    """What the ways are chosen by.

    `ask` allows to ask a person, `device_code` asks without a browser; `certificate` is the profile's file.
    """

    profile: AuthSettings
    environ: Mapping[str, str]
    home: Path
    say: Callable[[str], None]
    ask: bool
    device_code: bool
    certificate: Path | None

    def first(self, *names: str) -> str | None:
        return next((self.environ[name] for name in names if self.environ.get(name)), None)

    @property
    def tenant(self) -> str | None:
        return self.profile.tenant_id or self.first("AZURE_TENANT_ID", "AZUREML_SERVICE_PRINCIPAL_TENANT_ID")

    @property
    def client(self) -> str | None:
        return self.profile.client_id or self.first("AZURE_CLIENT_ID", "AZUREML_SERVICE_PRINCIPAL_ID")

    def principal(self) -> tuple[str, str]:
        """Tenant and client of the service principal. Raises UnavailableError."""
        if self.tenant is None or self.client is None:
            missing = [
                name
                for name, value in (("AZURE_TENANT_ID", self.tenant), ("AZURE_CLIENT_ID", self.client))
                if value is None
            ]
            raise UnavailableError(f"{' and '.join(missing)} not set")
        return self.tenant, self.client


class StaticToken:
    """A token that somebody else has fetched."""

    def __init__(self, token: str) -> None:
        try:
            expires_on = int(claims.claims(token)["exp"])
        except (ValueError, KeyError, TypeError):
            raise SignInError("AZURE_ACCESS_TOKEN is not a token of Entra ID (a JWT)") from None
        self._token = AccessToken(token, expires_on)

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        if claims.is_over(self._token.expires_on):
            moment = claims.moment(self._token.expires_on)
            raise SignInError(f"AZURE_ACCESS_TOKEN expired on {moment}", hint="fetch a new one")
        return self._token


def token(settings: Settings) -> Credential:
    if value := settings.first("AZURE_ACCESS_TOKEN"):
        return StaticToken(value)
    raise UnavailableError("AZURE_ACCESS_TOKEN is not set")


def service_principal(settings: Settings) -> Credential:
    tenant, client = settings.principal()
    certificate = settings.certificate or settings.first("AZURE_CLIENT_CERTIFICATE_PATH")
    if secret := settings.first("AZURE_CLIENT_SECRET", "AZUREML_SERVICE_PRINCIPAL_PASSWORD"):
        return identity.ClientSecretCredential(tenant, client, secret)
    if certificate is None:
        raise UnavailableError("neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set")
    password = settings.first("AZURE_CLIENT_CERTIFICATE_PASSWORD")
    try:
        return identity.CertificateCredential(tenant, client, str(certificate), password=password)
    except OSError as error:
        raise ConfigError(f"cannot read the certificate {certificate}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"{certificate} holds no certificate with its key: {error}") from error


def oidc(settings: Settings) -> Credential:
    source = assertions.source(settings.environ)
    if source is None:
        raise UnavailableError("no OIDC token: not in a job of GitHub or Azure DevOps, nor in such a pod")
    tenant, client = settings.principal()
    return identity.ClientAssertionCredential(tenant, client, source)


def interactive(settings: Settings) -> Credential:
    if settings.environ.get("CI") and settings.ask:
        raise UnavailableError("nobody is there to ask: CI is set")
    found = InteractiveCredential(
        settings.home / "tokens.json",
        settings.tenant,
        settings.say,
        ask=settings.ask,
        browser=not settings.device_code and has_browser(settings.environ),
    )
    if not settings.ask and not found.is_known:
        raise UnavailableError("nobody has signed in here with mlops auth login")
    return found


def cli(settings: Settings) -> Credential:
    if shutil.which("az", path=settings.environ.get("PATH")) is None:
        raise UnavailableError("the Azure CLI (az) is not installed")
    tenant = {"tenant_id": settings.tenant} if settings.tenant else {}
    return identity.AzureCliCredential(**tenant)


def managed_identity(settings: Settings) -> Credential:
    client = {"client_id": settings.profile.client_id} if settings.profile.client_id else {}
    return identity.ManagedIdentityCredential(**client)


WAYS: dict[str, Callable[[Settings], Credential]] = {
    "token": token,
    "service-principal": service_principal,
    "oidc": oidc,
    "interactive": interactive,
    "cli": cli,
    "managed-identity": managed_identity,
}

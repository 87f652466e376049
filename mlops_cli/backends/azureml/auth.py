"""Who we are to Azure, and whether the workspace opens to us."""

from __future__ import annotations

from mlops_cli.backends.azureml.errors import translated
from mlops_cli.backends.azureml.session import Session
from mlops_cli.backends.azureml.signin import SignedIn, sign_in
from mlops_cli.backends.azureml.signin.claims import claims, identity, moment
from mlops_cli.backends.azureml.signin.interactive import forget
from mlops_cli.domain.auth import AccessToken, AuthStatus, WorkspaceAccess
from mlops_cli.errors import ConfigError, MlopsError

RESOURCES = {"arm": "https://management.core.windows.net/", "ml": "https://ml.azure.com"}


class AzureAuth:
    """AuthBackend over Entra ID."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def login(self, method: str | None, *, device_code: bool = False) -> AuthStatus:
        """Sign in anew; without a method by the profile's, where `auto` means that a person is asked."""
        session = self._session
        profile = session.config.require("auth")
        chosen = method or ("interactive" if profile.auth.method == "auto" else profile.auth.method)
        ask = chosen == "interactive"
        session.signed_in = sign_in(session.context, session.home, chosen, ask=ask, device_code=device_code)
        return self.status()

    def status(self) -> AuthStatus:
        found = self._session.signed_in
        said = _claims(found)
        return AuthStatus(
            method=found.method,
            identity=identity(said),
            tenant_id=said.get("tid"),
            expires_on=moment(found.expires_on),
            workspace=self._access(),
            tried=found.tried,
        )

    def token(self, resource: str) -> AccessToken:
        audience = RESOURCES.get(resource, resource)
        found = self._session.signed_in.credential.get_token(f"{audience}/.default")
        return AccessToken(found.token, moment(found.expires_on), audience)

    def logout(self) -> bool:
        return forget(self._session.home / "tokens.json")

    def _access(self) -> WorkspaceAccess | None:
        """Whether the profile's workspace can be read; None when nothing names one."""
        try:
            names = self._session.names
        except ConfigError as error:
            self._session.say(error.message)
            return None
        access = WorkspaceAccess(names.name, names.resource_group, names.subscription_id, access=False)
        try:
            access.location = self._session.workspace.location
            access.access = True
        except MlopsError as error:
            access.error = error.message
        except Exception as error:  # noqa: BLE001 - whatever the SDK raises is what there is to tell
            access.error = translated(error).message
        return access


def _claims(found: SignedIn) -> dict[str, str]:
    try:
        return claims(found.token)
    except ValueError:
        return {}

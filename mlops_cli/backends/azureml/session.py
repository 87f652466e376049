"""What the parts of the backend share: the context, the sign-in and the workspace."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mlops_cli.backends.azureml.errors import translated
from mlops_cli.backends.azureml.workspace import WorkspaceNames, workspace_names
from mlops_cli.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.core.authentication import TokenAuthentication

    from mlops_cli.backends.azureml.signin import SignedIn
    from mlops_cli.backends.base import Context

Found = TypeVar("Found")


class Session:
    """One process's connection to the workspace; made when it is first asked for."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.config = context.config
        self.say = context.say

    @property
    def home(self) -> Path:
        """Where this backend keeps the sign-in and what never changes on the other side."""
        return self.config.home / "azureml"

    @cached_property
    def signed_in(self) -> SignedIn:
        from mlops_cli.backends.azureml.signin import sign_in

        return sign_in(self.context, self.home)

    @cached_property
    def authentication(self) -> TokenAuthentication:
        """The sign-in as the SDK takes it: it asks again for every call, and gets a fresh or a cached token."""
        from azureml.core.authentication import TokenAuthentication

        credential = self.signed_in.credential

        # A plain function, because the SDK copies authentication objects deeply.
        def token(audience: str) -> str:
            return str(credential.get_token(f"{audience}/.default").token)

        return TokenAuthentication(token)

    @cached_property
    def names(self) -> WorkspaceNames:
        """Raises ConfigError when neither the profile nor a config.json names a workspace."""
        found = workspace_names(self.config)
        if found is None:
            hint = "set workspace in the profile, or put the workspace's config.json here"
            raise ConfigError("nothing says which Azure ML workspace", hint=hint)
        return found

    @cached_property
    def workspace(self) -> Workspace:
        """Raises SignInError, NotFoundError or ConfigError."""
        from azureml.core import Workspace

        names = self.names
        return Workspace.get(
            names.name,
            auth=self.authentication,
            subscription_id=names.subscription_id,
            resource_group=names.resource_group,
        )

    def find(self, look: Callable[[], Found]) -> Found | None:
        """What `look` finds, None where Azure says that there is no such thing."""
        try:
            return look()
        except Exception as error:
            if isinstance(translated(error), NotFoundError):
                return None
            raise

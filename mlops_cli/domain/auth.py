"""Who is signed in to Azure, and what was tried to get there."""

from typing import Literal

from msgspec import Struct, field


class AuthAttempt(Struct):
    """One way of signing in and how it went. `reason` names what is missing, or what Azure answered."""

    method: str
    outcome: Literal["used", "absent", "failed"]
    reason: str = ""


class WorkspaceAccess(Struct):
    """The profile's workspace and whether the identity can read it; `error` says why not."""

    name: str
    resource_group: str
    subscription_id: str
    access: bool
    location: str | None = None
    error: str | None = None


class AuthStatus(Struct):
    """The identity that commands use. `expires_on` is ISO 8601 in UTC; tokens are renewed before that."""

    method: str
    identity: str | None = None
    tenant_id: str | None = None
    expires_on: str | None = None
    workspace: WorkspaceAccess | None = None
    tried: list[AuthAttempt] = field(default_factory=list)


class AccessToken(Struct):
    """A bearer token for `resource`. `expires_on` is ISO 8601 in UTC."""

    token: str
    expires_on: str
    resource: str

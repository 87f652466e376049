"""Bearer tokens of the instance: JSON Web Tokens that nobody else can make."""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt

from mlops_cli.emulator.errors import ApiError
from mlops_cli.emulator.instance import Identity

LIFETIME_SECONDS = 24 * 3600


class Tokens:
    """Makes and checks tokens. Azure signs with RS256; its clients do not look."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    def make(self, audience: str, *, lifetime: float = LIFETIME_SECONDS, **claims: Any) -> str:
        """A token for `audience`, by default that of the service principal."""
        identity, now = self._identity, int(time.time())
        document = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{identity.tenant_id}/",
            "iat": now,
            "nbf": now,
            "exp": now + int(lifetime),
            "tid": identity.tenant_id,
            "oid": identity.object_id,
            "sub": identity.object_id,
            "appid": identity.client_id,
            "ver": "1.0",
            "uti": uuid.uuid4().hex,
            **claims,
        }
        return jwt.encode(document, identity.signing_key, algorithm="HS256")

    def check(self, authorization: str | None) -> dict[str, Any]:
        """The claims of `Bearer TOKEN`. Raises ApiError 401 for everything that is not a valid token of ours."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise self._refused(
                "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
            )
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._identity.signing_key, algorithms=["HS256"], options={"verify_aud": False}
            )
        except jwt.ExpiredSignatureError:
            raise self._refused("ExpiredAuthenticationToken", "The access token has expired.") from None
        except jwt.InvalidTokenError:
            raise self._refused("InvalidAuthenticationToken", "The access token is invalid.") from None
        return claims

    def _refused(self, code: str, message: str) -> ApiError:
        authority = f"https://login.microsoftonline.com/{self._identity.tenant_id}"
        challenge = f'Bearer authorization_uri="{authority}", error="invalid_token"'
        return ApiError(401, code, message, headers={"WWW-Authenticate": challenge})

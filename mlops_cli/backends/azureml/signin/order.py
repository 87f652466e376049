"""Which way of signing in is taken. `auto` tries ORDER and stops at the first that is set up."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from azure.core.exceptions import ClientAuthenticationError

from mlops_cli.backends.azureml.signin.credentials import ARM, WAYS, Credential, Settings, UnavailableError
from mlops_cli.backends.base import Context
from mlops_cli.domain.auth import AuthAttempt
from mlops_cli.errors import MlopsError, SignInError

ORDER = ("token", "service-principal", "oidc", "interactive", "cli", "managed-identity")
DOWN = re.compile(r"HTTP Error: (429|5\d\d)")
PROBED = ("cli", "managed-identity")
"""Ways of which only a try tells whether they are set up: `auto` goes on when it fails."""


class SignedIn(NamedTuple):
    """The way that worked, what gives tokens, the first of them, and all ways that were tried."""

    method: str
    credential: Credential
    token: str
    expires_on: float
    tried: list[AuthAttempt]


def sign_in(
    context: Context, home: Path, method: str | None = None, *, ask: bool = False, device_code: bool = False
) -> SignedIn:
    """Sign in by `method` (default: the profile's). Only with `ask` is a person asked to.

    Raises SignInError with every way that was tried and why it failed.
    """
    profile = context.config.require("auth")
    path = profile.auth.certificate_path
    certificate = context.config.file(path) if path else None
    settings = Settings(profile.auth, context.environ, home, context.say, ask, device_code, certificate)
    chosen = method or profile.auth.method
    tried: list[AuthAttempt] = []
    for name in ORDER if chosen == "auto" else (chosen,):
        try:
            credential = WAYS[name](settings)
            first = credential.get_token(ARM)
        except UnavailableError as error:
            tried.append(AuthAttempt(name, "absent", str(error)))
        except (ClientAuthenticationError, MlopsError) as error:
            tried.append(AuthAttempt(name, "failed", _first_line(error)))
            if name not in PROBED:
                break
        else:
            tried.append(AuthAttempt(name, "used"))
            return SignedIn(name, credential, first.token, first.expires_on, tried)
    raise _refused(chosen, tried)


def _refused(chosen: str, tried: list[AuthAttempt]) -> SignInError:
    failed = next((attempt for attempt in tried if attempt.outcome == "failed"), None)
    lines = [f"{attempt.method}: {attempt.reason}" for attempt in tried]
    if failed and DOWN.search(failed.reason or ""):
        message = f"Azure's sign-in service does not work now: {failed.reason}"
        return SignInError(message, hint="run the same command again", details=lines)
    if failed and (chosen != "auto" or failed.method not in PROBED):
        message = f"Azure refused the sign-in by {failed.method}: {failed.reason}"
        return SignInError(message, hint="mlops auth status --explain", details=lines)
    if chosen == "auto":
        hint = "sign in: mlops auth login; in CI set AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET"
        return SignInError("not signed in to Azure; no way of signing in is set up", hint=hint, details=lines)
    return SignInError(f"not signed in to Azure by {chosen}: {tried[0].reason}", hint=_hint(chosen))


def _hint(method: str) -> str:
    return "mlops auth login" if method == "interactive" else "mlops auth login --help"


def _first_line(error: Exception) -> str:
    text = error.message if isinstance(error, MlopsError) else str(error)
    line = text.strip().splitlines()[0].removeprefix("Authentication failed: ")
    return line.partition(" Authority would typically")[0]

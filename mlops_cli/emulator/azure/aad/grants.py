"""From a grant to a token."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, Any

import jwt
import msgspec

from mlops_cli.emulator.azure.aad import browser
from mlops_cli.emulator.azure.datastore.datastores import principals
from mlops_cli.emulator.errors import ApiError, bad_request
from mlops_cli.emulator.tokens import LIFETIME_SECONDS, Tokens

if TYPE_CHECKING:
    from mlops_cli.emulator.app import App

USER = "user@emulator.localhost"
FEDERATED_ISSUERS = ("token.actions.githubusercontent.com", "vstoken.dev.azure.com", "oic.prod-aks.azure.com")


def device_code(tokens: Tokens) -> dict[str, object]:
    """A device code that counts as entered: there is nobody who could enter it."""
    code = tokens.make("device-code", lifetime=900)
    page = "https://microsoft.com/devicelogin"
    return {
        "user_code": "EMULATED1",
        "device_code": code,
        "verification_uri": page,
        "expires_in": 900,
        "interval": 1,
        "message": f"To sign in, use a web browser to open the page {page} and enter the code EMULATED1 "
        "to authenticate. (The emulator has entered it already.)",
    }


def token(app: App, form: dict[str, str]) -> dict[str, Any]:
    """The token endpoint. Raises ApiError as RFC 6749 asks."""
    match form.get("grant_type"):
        case "client_credentials":
            _check_client(app, form)
            return _answer(app, form)
        case "device_code" | "urn:ietf:params:oauth:grant-type:device_code":
            _check_own(app, form.get("device_code", form.get("code", "")), "device-code")
        case "refresh_token":
            _check_own(app, form.get("refresh_token", ""), "refresh")
        case "authorization_code":
            code = _check_own(app, form.get("code", ""), browser.PURPOSE)
            browser.check_verifier(code, form.get("code_verifier", ""))
            return _answer(app, form) | _of_user(app, form, nonce=code.get("nonce"))
        case grant:
            raise bad_request(f"The grant type '{grant}' is not supported.", "unsupported_grant_type")
    return _answer(app, form) | _of_user(app, form)


def _check_client(app: App, form: dict[str, str]) -> None:
    client = form.get("client_id", "")
    secret = _secret(app, client)
    if "client_assertion" in form:
        _check_assertion(app, form["client_assertion"])
    elif not hmac.compare_digest(form.get("client_secret", "").encode(), secret.encode()):
        raise ApiError(401, "invalid_client", f"Invalid client secret provided for app '{client}'.")


def _secret(app: App, client: str) -> str:
    """That of the instance's service principal, or of one that a datastore was registered with."""
    if client == app.identity.client_id:
        return app.identity.client_secret
    known = principals(app.state).get(client)
    if not (known and known["clientSecret"]):
        message = f"Application with identifier '{client}' was not found in the directory."
        raise ApiError(400, "unauthorized_client", message)
    return str(known["clientSecret"])


def _check_assertion(app: App, assertion: str) -> None:
    """Accept what the instance's certificate has signed, and unexpired tokens of the federated issuers.

    The signature of a foreign issuer cannot be checked: its keys are not on this machine.
    """
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False, "verify_exp": True})
        if any(issuer in claims.get("iss", "") for issuer in FEDERATED_ISSUERS):
            return
        jwt.decode(
            assertion,
            app.instance.certificate_key(),
            algorithms=["RS256", "PS256"],
            options={"verify_aud": False},
        )
    except jwt.InvalidTokenError as error:
        raise ApiError(401, "invalid_client", f"Client assertion is not valid: {error}") from None


def _check_own(app: App, value: str, audience: str) -> dict[str, Any]:
    try:
        return jwt.decode(value, app.identity.signing_key, algorithms=["HS256"], audience=audience)
    except jwt.InvalidTokenError:
        raise bad_request(
            "The provided authorization code or refresh token is invalid.", "invalid_grant"
        ) from None


def _answer(app: App, form: dict[str, str]) -> dict[str, Any]:
    scope = form.get("scope") or form.get("resource", "")
    audience = next((s for s in scope.split() if "://" in s), scope).removesuffix("/.default")
    return {
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "ext_expires_in": LIFETIME_SECONDS,
        "access_token": app.tokens.make(audience),
    }


def _of_user(app: App, form: dict[str, str], **asked: Any) -> dict[str, Any]:
    """What a person's sign-in carries beside the access token; `asked` are further claims of the id token."""
    identity = app.identity
    person: dict[str, Any] = {
        "upn": USER,
        "unique_name": USER,
        "preferred_username": USER,
        "name": "Emulated User",
    }
    info = msgspec.json.encode({"uid": identity.object_id, "utid": identity.tenant_id})
    return {
        "access_token": app.tokens.make(
            form.get("scope", "").split(" ")[0].removesuffix("/.default"), **person
        ),
        "refresh_token": app.tokens.make("refresh", lifetime=90 * 24 * 3600),
        "id_token": app.tokens.make(form.get("client_id", ""), **person, **asked),
        "client_info": base64.urlsafe_b64encode(info).decode().rstrip("="),
        "scope": form.get("scope", ""),
        "foci": "1",
    }

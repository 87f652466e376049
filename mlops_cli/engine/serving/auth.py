"""Who may score: two keys, or signed tokens that expire.

A token is a JSON Web Token (RFC 7519) signed with HMAC-SHA256, so that clients can read `exp`.
"""

import binascii
import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

import msgspec
from msgspec import Struct

from mlops_cli.domain.endpoints import Auth
from mlops_cli.engine.serving.spec import Secrets
from mlops_cli.errors import SignInError

TOKEN_SECONDS = 12 * 3600
"""How long Azure's service tokens live."""

Refuse = Callable[[bytes | None], str | None]


class Claims(Struct):
    """What a token says: issuer, the service it opens, and when it was made and ends (Unix seconds)."""

    iss: str
    aud: str
    iat: int
    exp: int


class InvalidTokenError(SignInError):
    """A token that opens nothing: malformed, forged, for another service, or expired."""

    code = "InvalidToken"


def issue_token(secret: str, service: str, *, ttl_seconds: int = TOKEN_SECONDS, now: float) -> str:
    """A token that opens `service` from `now` (Unix seconds) for `ttl_seconds`."""
    claims = Claims("mlops", service, int(now), int(now) + ttl_seconds)
    signed = _HEADER + b"." + _encode(msgspec.json.encode(claims))
    return (signed + b"." + _signature(secret, signed)).decode()


def verify_token(secret: str, service: str, token: str, *, now: float) -> Claims:
    """The claims of a good token; InvalidTokenError says why it is not."""
    signed, _, signature = token.encode().rpartition(b".")
    if not hmac.compare_digest(_signature(secret, signed), signature):
        raise InvalidTokenError("the token was not issued by this service")
    claims = _claims(signed)
    if claims.aud != service:
        raise InvalidTokenError(f"the token is for the service '{claims.aud}'")
    if claims.exp <= now:
        raise InvalidTokenError("the token has expired")
    return claims


def _claims(signed: bytes) -> Claims:
    header, _, body = signed.partition(b".")
    if header != _HEADER:
        raise InvalidTokenError("the token is not an HS256 token")
    try:
        return msgspec.json.decode(urlsafe_b64decode(body + b"=" * (-len(body) % 4)), type=Claims)
    except (binascii.Error, msgspec.DecodeError) as error:
        raise InvalidTokenError("the token is malformed") from error


def gate(auth: Auth, service: str, secrets: Secrets, clock: Callable[[], float] = time.time) -> Refuse:
    """A function from an Authorization header to the reason why it opens nothing, None when it does."""
    if auth == "none":
        return lambda _header: None
    if auth == "key":
        return _key_gate(secrets)
    return _token_gate(service, secrets.token_secret, clock)


def _key_gate(secrets: Secrets) -> Refuse:
    keys = secrets.primary.encode(), secrets.secondary.encode()
    first, second = (b"Bearer " + key for key in keys)

    def refuse(header: bytes | None) -> str | None:
        # No short cut: how long it takes must not tell which key was tried.
        if header and hmac.compare_digest(header, first) | hmac.compare_digest(header, second):
            return None
        given = _bearer(header)
        if given is None:
            return "a key is needed: send the header 'Authorization: Bearer KEY'"
        if hmac.compare_digest(given, keys[0]) | hmac.compare_digest(given, keys[1]):
            return None
        return "the key is wrong"

    return refuse


def _token_gate(service: str, secret: str, clock: Callable[[], float]) -> Refuse:
    def refuse(header: bytes | None) -> str | None:
        given = _bearer(header)
        if given is None:
            return "a token is needed: send the header 'Authorization: Bearer TOKEN'"
        try:
            verify_token(secret, service, given.decode("latin-1"), now=clock())
        except InvalidTokenError as error:
            return error.message
        return None

    return refuse


def _bearer(header: bytes | None) -> bytes | None:
    scheme, _, given = (header or b"").partition(b" ")
    return given.strip() or None if scheme.lower() == b"bearer" else None


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _signature(secret: str, signed: bytes) -> bytes:
    return _encode(hmac.digest(secret.encode(), signed, hashlib.sha256))


_HEADER = _encode(b'{"alg":"HS256","typ":"JWT"}')

"""Bearer tokens of the pipeline server: random, expiring, in a file that only its owner may read."""

import hmac
import secrets
from pathlib import Path

import msgspec
from msgspec import Struct

from mlops_cli.engine.files import locked, write_atomic

TOKEN_SECONDS = 3600
RENEW_SECONDS = 600
"""A token that is given out lives at least this long."""
FILE = "tokens.json"


class Token(Struct):
    """`expires` in seconds since 1970."""

    value: str
    expires: float


def issue(folder: Path, now: float) -> Token:
    """A token that opens the server from `now` on; the same one for a while."""
    with locked(folder / "tokens.lock"):
        known = [token for token in _read(folder) if token.expires > now]
        for token in known:
            if token.expires - now > RENEW_SECONDS:
                return token
        new = Token(secrets.token_urlsafe(32), now + TOKEN_SECONDS)
        write_atomic(folder / FILE, msgspec.json.encode([*known, new]), mode=0o600)
        return new


def is_valid(folder: Path, value: str, now: float) -> bool:
    valid = [token.value for token in _read(folder) if token.expires > now]
    given = value.encode("utf-8", "surrogatepass")
    # All are compared, so that the time tells nothing.
    matches = [hmac.compare_digest(token.encode(), given) for token in valid]
    return True in matches


def _read(folder: Path) -> list[Token]:
    """Those given out; none of a file that is gone or damaged, which the next one replaces."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=list[Token])
    except (FileNotFoundError, msgspec.DecodeError):
        return []

"""Keys and tokens of an endpoint. They live in a file that only its owner may read."""

import secrets
import string
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mlops_cli.domain.endpoints import Endpoint, EndpointKeys
from mlops_cli.engine.files import write_atomic
from mlops_cli.engine.serving.auth import TOKEN_SECONDS, issue_token
from mlops_cli.engine.serving.spec import SECRETS_FILE, Secrets, read_secrets

KEY_LENGTH = 32
ALPHABET = string.ascii_letters + string.digits


def ensure(service: Path) -> None:
    """Make the endpoint's secrets unless it has some."""
    if not (service / SECRETS_FILE).exists():
        _write(service, Secrets(new_key(), new_key(), new_key()))


def keys(service: Path) -> EndpointKeys:
    known = read_secrets(service)
    return EndpointKeys(known.primary, known.secondary)


def regenerate(service: Path, which: str) -> EndpointKeys:
    """Replace the `primary` or the `secondary` key; running workers take it up."""
    _write(service, msgspec.structs.replace(read_secrets(service), **{which: new_key()}))
    return keys(service)


def token(service: Path, name: str) -> tuple[str, str]:
    """A token that opens the service, and when it ends (ISO 8601)."""
    now = time.time()
    issued = issue_token(read_secrets(service).token_secret, name, now=now)
    return issued, datetime.fromtimestamp(int(now) + TOKEN_SECONDS, UTC).isoformat()


def bearer(service: Path, endpoint: Endpoint) -> str | None:
    """What opens the endpoint now; None when nothing is needed."""
    match endpoint.auth:
        case "key":
            return keys(service).primary
        case "token":
            return token(service, endpoint.name)[0]
        case _:
            return None


def new_key() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH))


def _write(service: Path, content: Secrets) -> None:
    write_atomic(service / SECRETS_FILE, msgspec.json.encode(content), mode=0o600)

"""Keys and tokens; the clock is an argument."""

import base64
import json

import pytest

from mlops_cli.engine.serving.auth import InvalidTokenError, gate, issue_token, verify_token
from mlops_cli.engine.serving.spec import Secrets

SECRETS = Secrets("first-key", "second-key", "token-secret")
NOW = 1_800_000_000.0


def token(**changes: object) -> str:
    settings = {"secret": "token-secret", "service": "bank", "ttl_seconds": 60, "now": NOW, **changes}
    return issue_token(settings.pop("secret"), settings.pop("service"), **settings)  # type: ignore[arg-type]


def decoded(part: str) -> dict[str, object]:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize("key", ["first-key", "second-key"])
def test_either_key_opens(key: str) -> None:
    assert gate("key", "bank", SECRETS)(f"Bearer {key}".encode()) is None


def test_scheme_is_case_insensitive() -> None:
    assert gate("key", "bank", SECRETS)(b"bearer first-key") is None


@pytest.mark.parametrize(
    "header", [b"Bearer wrong", b"Bearer first-ke", b"Bearer first-keyy", b"Bearer \xff"]
)
def test_wrong_keys_do_not_open(header: bytes) -> None:
    assert gate("key", "bank", SECRETS)(header) == "the key is wrong"


@pytest.mark.parametrize("header", [None, b"", b"Basic first-key", b"Bearer", b"Bearer  ", b"first-key"])
def test_no_key_is_told_how_to_send_one(header: bytes | None) -> None:
    assert "Authorization: Bearer KEY" in (gate("key", "bank", SECRETS)(header) or "")


def test_no_auth_lets_everybody_in() -> None:
    assert gate("none", "bank", Secrets("", "", ""))(None) is None


def test_clients_can_read_when_a_token_ends() -> None:
    header, claims, _ = token().split(".")
    assert decoded(header) == {"alg": "HS256", "typ": "JWT"}
    assert decoded(claims) == {"iss": "mlops", "aud": "bank", "iat": NOW, "exp": NOW + 60}


def test_a_token_opens_until_it_expires() -> None:
    now = [NOW]
    refuse = gate("token", "bank", SECRETS, clock=lambda: now[0])
    header = f"Bearer {token()}".encode()
    assert refuse(header) is None
    now[0] = NOW + 59
    assert refuse(header) is None
    now[0] = NOW + 60
    assert refuse(header) == "the token has expired"


def test_keys_do_not_open_a_service_with_token_auth() -> None:
    assert gate("token", "bank", SECRETS)(b"Bearer first-key") is not None


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (token(secret="other"), "not issued by this service"),
        (token(service="other"), "for the service 'other'"),
        (token()[:-2], "not issued by this service"),
        ("", "not issued by this service"),
        ("a.b.c", "not issued by this service"),
        ("ü.é.c", "not issued by this service"),
    ],
)
def test_bad_tokens_say_why(bad: str, reason: str) -> None:
    with pytest.raises(InvalidTokenError, match=reason):
        verify_token("token-secret", "bank", bad, now=NOW)


def test_a_token_without_signature_algorithm_is_refused() -> None:
    header, claims, signature = token().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for forged in (f"{none}.{claims}.", f"{none}.{claims}.{signature}", f"{header}.{claims}."):
        with pytest.raises(InvalidTokenError):
            verify_token("token-secret", "bank", forged, now=NOW)


def test_secrets_do_not_show_in_a_traceback() -> None:
    assert "key" not in repr(SECRETS)

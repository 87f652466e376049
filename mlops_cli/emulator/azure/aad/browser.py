"""The sign-in page of a browser: it counts as filled in, and sends its code on as a form (form_post)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlsplit

from mlops_cli.emulator.errors import bad_request
from mlops_cli.emulator.tokens import Tokens

PURPOSE = "authorization-code"
LOCAL = ("localhost", "127.0.0.1")


def page(tokens: Tokens, asked: Mapping[str, str]) -> str:
    """HTML with a form that takes the code to the program that waits on this machine."""
    target = asked.get("redirect_uri", "")
    if urlsplit(target).hostname not in LOCAL:
        raise bad_request(f"The redirect URI '{target}' is not of this machine.", "invalid_request")
    kept = {name: asked[name] for name in ("nonce", "code_challenge") if name in asked}
    fields = {"code": tokens.make(PURPOSE, lifetime=600, **kept), "state": asked.get("state", "")}
    inputs = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items()
    )
    return (
        f'<!doctype html><title>Signed in</title><body onload="document.forms[0].submit()">'
        f'<form method="post" action="{escape(target)}">{inputs}<button>Continue</button></form>'
    )


def check_verifier(code: Mapping[str, Any], verifier: str) -> None:
    """Proof Key for Code Exchange (RFC 7636, method S256)."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if not hmac.compare_digest(digest, str(code.get("code_challenge", ""))):
        raise bad_request("The Code_Verifier does not match the code_challenge.", "invalid_grant")

"""A person signs in once, in a browser or with a device code; later commands renew the token silently."""

from __future__ import annotations

import sys
import time
import webbrowser
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msal
from azure.core.credentials import AccessToken

from mlops_cli.engine.files import locked, write_atomic
from mlops_cli.errors import SignInError

CLIENT_ID = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
"""The public client of Azure's own command line, which the Azure ML SDK signs people in with too."""
AUTHORITY = "https://login.microsoftonline.com"


class InteractiveCredential:
    """Tokens of a person, kept in `file` (0600).

    `ask` allows to ask, otherwise only what is kept counts; `browser` asks on a page, else by device code.
    """

    def __init__(
        self, file: Path, tenant: str | None, say: Callable[[str], None], *, ask: bool, browser: bool
    ) -> None:
        self._file = file
        self._say = say
        self._ask = ask
        self._browser = browser
        self._tenant = tenant or "organizations"

    @property
    def is_known(self) -> bool:
        return self._file.exists()

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """A token from the cache, renewed if need be. Raises SignInError."""
        with locked(self._file.with_suffix(".lock")):
            cache = msal.SerializableTokenCache()
            if self._file.exists():
                cache.deserialize(self._file.read_text())
            client = msal.PublicClientApplication(
                CLIENT_ID, authority=f"{AUTHORITY}/{self._tenant}", token_cache=cache
            )
            found = self._silently(client, list(scopes))
            if not _has_token(found) and self._ask:
                found = self._asked(client, list(scopes))
                self._ask = False
            if cache.has_state_changed:
                write_atomic(self._file, cache.serialize().encode(), mode=0o600)
        if not _has_token(found):
            why = (found or {}).get("error_description", "the sign-in of before is over")
            raise SignInError(str(why).splitlines()[0], hint="mlops auth login")
        return AccessToken(found["access_token"], int(time.time()) + int(found["expires_in"]))

    def _silently(self, client: Any, scopes: list[str]) -> Any:
        accounts = [] if self._ask else client.get_accounts()
        return client.acquire_token_silent(scopes, account=accounts[0]) if accounts else None

    def _asked(self, client: Any, scopes: list[str]) -> Any:
        for account in client.get_accounts():
            client.remove_account(account)
        if self._browser:
            self._say("sign in on the page that opens in your browser")
            return client.acquire_token_interactive(scopes)
        flow = client.initiate_device_flow(scopes)
        if "message" not in flow:
            return flow
        self._say(flow["message"])
        return client.acquire_token_by_device_flow(flow)


def forget(file: Path) -> bool:
    """Remove the tokens kept in `file`; whether there were any."""
    with locked(file.with_suffix(".lock")):
        known = file.exists()
        file.unlink(missing_ok=True)
    return known


def _has_token(found: Any) -> bool:
    return bool(found) and "access_token" in found


def has_browser(environ: Mapping[str, str]) -> bool:
    """Whether a browser can show a page to the person at this terminal."""
    screen = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not screen:
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True

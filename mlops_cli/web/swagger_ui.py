"""Swagger UI for one endpoint. The page talks to this server only; this server talks to the endpoint."""

import json
import secrets
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

from mlops_cli.web.loopback import Call, LoopbackServer, Reply

Forward = Callable[[str, str, dict[str, str], bytes], Reply]
"""Sends method, target, headers and body to the endpoint."""

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SIGNED_IN = "Signed in: this page's requests carry the endpoint's key, which the page itself never sees."
FORWARDED = ("content-type", "accept", "authorization", "x-ms-client-request-id")
ENDPOINT = "/endpoint"
"""The page sends what is meant for the endpoint to this path of ours."""
_HERE = Path(__file__).parent
_FILES = {
    "/": ("swagger.html", "text/html; charset=utf-8"),
    "/swagger.js": ("swagger.js", "text/javascript; charset=utf-8"),
    "/swagger.css": ("swagger.css", "text/css; charset=utf-8"),
    "/vendor/swagger-ui-bundle.js": ("vendor/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "/vendor/swagger-ui.css": ("vendor/swagger-ui.css", "text/css; charset=utf-8"),
}


class SwaggerUi:
    """The routes of the page. `document` names the endpoint in `servers` (3.x) or `host` (2.0).

    With `authorization`, the value of that header, requests are signed here; then only the browser that
    opened `first_path` may send any, so that no other user of this machine scores with our key.
    """

    def __init__(self, document: dict[str, Any], forward: Forward, authorization: str | None = None) -> None:
        self._document = json.dumps(without_security(document) if authorization else document).encode()
        self._targets = {ENDPOINT + path: path for path in document["paths"]}
        self._forward = forward
        self._authorization = authorization
        self._session = secrets.token_urlsafe(24)
        self._cookie = f"mlops-{secrets.token_hex(4)}"

    @property
    def first_path(self) -> str:
        return f"open/{self._session}" if self._authorization else ""

    def serve(self, port: int) -> LoopbackServer:
        return LoopbackServer(port, self.answer)

    def answer(self, call: Call) -> Reply:
        if call.path in self._targets:
            return self._pass_on(call)
        if call.method in ("GET", "HEAD"):
            if call.path in _FILES:
                return _file(*_FILES[call.path])
            if call.path == "/swagger.json":
                note = (("X-Page-Note", SIGNED_IN),) if self._authorization else ()
                return Reply(200, self._document, "application/json", note)
            if self._authorization and secrets.compare_digest(call.path.encode(), self._opening().encode()):
                cookie = f"{self._cookie}={self._session}; HttpOnly; SameSite=Strict; Path=/"
                return Reply(303, headers=(("Location", "/"), ("Set-Cookie", cookie)))
        return Reply(404, b"there is no such page")

    def _opening(self) -> str:
        return f"/{self.first_path}"

    def _pass_on(self, call: Call) -> Reply:
        headers = {name: call.headers[name] for name in FORWARDED if name in call.headers}
        if self._authorization:
            if not self._is_ours(call):
                return Reply(403, b"open the address that the command has printed")
            headers["authorization"] = self._authorization
        return self._forward(call.method, call.target.removeprefix(ENDPOINT), headers, call.body)

    def _is_ours(self, call: Call) -> bool:
        try:
            morsel = SimpleCookie(call.headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return morsel is not None and secrets.compare_digest(morsel.value.encode(), self._session.encode())


def without_security(document: dict[str, Any]) -> dict[str, Any]:
    """The document without any demand for a key."""
    plain: dict[str, Any] = json.loads(json.dumps(document))
    plain.pop("securityDefinitions", None)
    plain.pop("security", None)
    plain.get("components", {}).pop("securitySchemes", None)
    for item in plain["paths"].values():
        for operation in item.values():
            operation.pop("security", None)
    return plain


def _file(name: str, content_type: str) -> Reply:
    return Reply(200, (_HERE / name).read_bytes(), content_type, (("Content-Security-Policy", CSP),))

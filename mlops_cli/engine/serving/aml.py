"""AMLRequest and AMLResponse: the parts of a Flask request and response that scoring scripts use."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from mlops_cli.engine.serving.fields import Fields, Headers, Values
from mlops_cli.engine.serving.forms import UploadedFile, parsed
from mlops_cli.engine.serving.messages import Refusal, Request

FAILED = "x-ms-run-function-failed"


class _Typed:
    """What a request and a response say of their content."""

    headers: Headers

    @property
    def content_type(self) -> Any:
        return self.headers.get("Content-Type")

    @content_type.setter
    def content_type(self, kind: str) -> None:
        self.headers.set("Content-Type", kind)

    @property
    def mimetype(self) -> str:
        return (self.content_type or "").partition(";")[0].strip().lower()

    @mimetype.setter
    def mimetype(self, kind: str) -> None:
        self.content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind

    @property
    def is_json(self) -> bool:
        kind = self.mimetype
        return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


class AMLRequest(_Typed):
    """What `run()` is given; its bodies may be read more than once."""

    scheme, is_secure, root_path, script_root, remote_addr = "http", False, "", "", None

    def __init__(self, request: Request) -> None:
        head = request.head
        query = head.query.decode("utf-8", "replace")
        self.method = head.method.decode("latin-1")
        self.path = head.path.decode("utf-8", "replace")
        self.query_string = head.query
        self.full_path = f"{self.path}?{query}"
        self.headers = Headers(Fields(text_fields(request)))
        self.args: Values[str] = Values(parse_qsl(query, True))
        self.data = request.body
        self.stream = BytesIO(request.body)
        self.content_length = self.headers.get("Content-Length", type=int)
        self.host = self.headers.get("Host", "localhost")
        self.host_url = self.url_root = f"{self.scheme}://{self.host}/"
        self.base_url = self.host_url.rstrip("/") + self.path
        self.url = f"{self.base_url}?{query}" if query else self.base_url
        self.user_agent, self.referrer = self.headers.get("User-Agent", ""), self.headers.get("Referer")

    def get_data(self, cache: bool = True, as_text: bool = False) -> Any:  # noqa: ARG002 Flask's signature
        return self.data.decode("utf-8", "replace") if as_text else self.data

    @property
    def form(self) -> Values[str]:
        return parsed(self.content_type, self.data)[0]

    @property
    def files(self) -> Values[UploadedFile]:
        return parsed(self.content_type, self.data)[1]

    @property
    def values(self) -> Values[str]:
        """The query's, then the form's."""
        return Values([*((n, v) for n in self.args for v in self.args.getlist(n)), *self.form.items()])

    @property
    def cookies(self) -> dict[str, str]:
        try:
            found: SimpleCookie = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            return {}
        return {name: morsel.value for name, morsel in found.items()}

    @property
    def json(self) -> Any:
        return self.get_json()

    def get_json(self, force: bool = False, silent: bool = False) -> Any:
        """The body as JSON; a Refusal (415 or 400) where it is none, or None if `silent`."""
        if not force and not self.is_json:
            if silent:
                return None
            raise Refusal(415, "UnsupportedMediaType", "the Content-Type is not application/json")
        try:
            return json.loads(self.data)
        except ValueError as error:
            if silent:
                return None
            raise Refusal(400, "InvalidJson", f"the body is not JSON: {error}") from error


class AMLResponse(_Typed):
    """A response of the script's own: status, header fields, and text, bytes, or any value as JSON."""

    def __init__(
        self,
        message: Any,
        status_code: Any,
        response_headers: Mapping[str, str] | None = None,
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        is_json = json_str or message is None
        self.set_data(json.dumps({} if message is None else message) if is_json else message)
        self.status = status_code
        kind = "application/json" if is_json else "text/html; charset=utf-8"
        self.headers = Headers({"Content-Type": kind, FAILED: str(run_function_failed)})
        self.headers.update(response_headers or {})

    @property
    def status(self) -> str:
        known = {status.value: status.phrase for status in HTTPStatus}
        return f"{self.status_code} {known.get(self.status_code, 'unknown').upper()}"

    @status.setter
    def status(self, status: Any) -> None:
        self.status_code = int(status.split()[0] if isinstance(status, str) else status)

    def set_data(self, value: Any) -> None:
        self.data = value if isinstance(value, bytes) else str(value).encode()

    def get_data(self, as_text: bool = False) -> Any:
        return self.data.decode("utf-8", "replace") if as_text else self.data

    @property
    def content_length(self) -> int:
        return len(self.data)

    @property
    def json(self) -> Any:
        return self.get_json()

    def get_json(self, force: bool = False, silent: bool = False) -> Any:  # noqa: ARG002 Flask's signature
        return json.loads(self.data) if force or self.is_json else None


def text_fields(request: Request) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in request.head.headers.items()}

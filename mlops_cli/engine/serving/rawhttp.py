"""Raw HTTP for entry scripts: `@rawhttp`, AMLRequest and AMLResponse, as Azure ML's packages have them.

Where one of those packages is installed, run() is given a Flask request; else what is here (azure_names).
"""

import json
import sys
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import parse_qs

from mlops_cli.engine.serving.forms import UploadedFile, parsed
from mlops_cli.engine.serving.messages import Refusal, Request, Response

REQUEST_MODULES = (
    "azureml.contrib.services.aml_request",
    "azureml_inference_server_http.api.aml_request",
)
_OURS = ("content-length", "connection", "transfer-encoding", "content-type", "x-ms-run-fn-exec-ms")
_FAILED = "x-ms-run-function-failed"


class Answer(Protocol):
    """What AMLResponse and Flask's Response have in common."""

    status_code: int
    headers: Any

    def get_data(self) -> bytes: ...


class Fields(dict[str, str]):
    """Header fields, looked up in any case."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__({name.title(): value for name, value in fields.items()})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.title())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.title())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.title(), default)


class AMLRequest:
    """The part of a Flask request that scoring scripts read."""

    def __init__(self, request: Request) -> None:
        head = request.head
        query = head.query.decode("utf-8", "replace")
        self.method = head.method.decode("latin-1")
        self.path = head.path.decode("utf-8", "replace")
        self.query_string = head.query
        self.full_path = f"{self.path}?{query}"
        self.headers = Fields(_text(request))
        self.args = {name: values[0] for name, values in parse_qs(query, True).items()}
        self.data = request.body
        self.content_type = self.headers.get("content-type")
        self.content_length = len(request.body)

    def get_data(self, cache: bool = True, as_text: bool = False) -> Any:  # noqa: ARG002 Flask's signature
        return self.data.decode("utf-8", "replace") if as_text else self.data

    @property
    def form(self) -> dict[str, str]:
        return parsed(self.content_type, self.data)[0]

    @property
    def files(self) -> dict[str, UploadedFile]:
        return parsed(self.content_type, self.data)[1]

    @property
    def is_json(self) -> bool:
        kind = (self.content_type or "").partition(";")[0].strip().lower()
        return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))

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


class AMLResponse:
    """A response of the script's own: status, header fields, and text, bytes, or any value as JSON."""

    def __init__(
        self,
        message: Any,
        status_code: int,
        response_headers: Mapping[str, str] | None = None,
        json_str: bool = False,
        run_function_failed: bool = False,
    ) -> None:
        is_json = json_str or message is None
        value = json.dumps({} if message is None else message) if is_json else message
        self._data = value if isinstance(value, bytes) else str(value).encode()
        self.status_code = int(status_code)
        kind = "application/json" if is_json else "text/html; charset=utf-8"
        self.headers = Fields({"Content-Type": kind, _FAILED: str(run_function_failed)})
        self.headers.update(Fields(response_headers or {}))

    def get_data(self) -> bytes:
        return self._data


def rawhttp(function: Any) -> Any:
    """Ask for the request itself in place of its body; like Azure's it holds for the whole script."""
    for name in REQUEST_MODULES:
        if name in sys.modules:
            vars(sys.modules[name])["_rawHttpRequested"] = True
    return function


def is_wanted() -> bool:
    """Whether the entry script has used @rawhttp, ours or Azure's."""
    return any(getattr(sys.modules.get(name), "_rawHttpRequested", False) for name in REQUEST_MODULES)


def request_of(request: Request) -> Any:
    """What run() is given: Flask's request where Azure's package has brought Flask, else ours."""
    flask = sys.modules.get("flask")
    return flask.Request(_environ(request)) if flask else AMLRequest(request)


def is_answer(value: Any) -> bool:
    return hasattr(value, "get_data") and hasattr(value, "status_code") and hasattr(value, "headers")


def response_of(answer: Answer) -> Response:
    """The script's own response, as it goes out; ValueError for a status or field that HTTP does not have."""
    if not 200 <= answer.status_code <= 599:
        raise ValueError(f"run() answered with the status {answer.status_code}, which HTTP does not have")
    fields = [(str(name), str(value)) for name, value in answer.headers.items()]
    for name, value in fields:
        if not name or not (name + value).isprintable() or set(name) & set(" :"):
            raise ValueError(f"run() answered with a header field that is none: {name!r}")
    kept = [(name, value) for name, value in fields if name.lower() not in (*_OURS, _FAILED)]
    given = {name.lower(): value for name, value in fields}
    failed = "True" if answer.status_code >= 500 else given.get(_FAILED, "False")
    lines = "".join(f"{name}: {value}\r\n" for name, value in [*kept, (_FAILED, failed)])
    kind = given.get("content-type", "application/octet-stream").encode("latin-1", "replace")
    body = b"" if answer.status_code in (204, 304) else answer.get_data()
    return Response(answer.status_code, body, kind, lines.encode("latin-1", "replace"))


def _text(request: Request) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in request.head.headers.items()}


def _environ(request: Request) -> dict[str, Any]:
    """The request as WSGI (PEP 3333) has it."""
    fields = _text(request)
    environ: dict[str, Any] = {f"HTTP_{name.upper().replace('-', '_')}": v for name, v in fields.items()}
    host, _, port = fields.get("host", "localhost").partition(":")
    environ |= {
        "REQUEST_METHOD": request.head.method.decode("latin-1"),
        "SCRIPT_NAME": "",
        "PATH_INFO": request.head.path.decode("latin-1"),
        "QUERY_STRING": request.head.query.decode("latin-1"),
        "CONTENT_TYPE": fields.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    return environ

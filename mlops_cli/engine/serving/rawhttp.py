"""Raw HTTP for entry scripts: `@rawhttp`, AMLRequest and AMLResponse, as Azure ML's packages have them.

Where one of those packages is installed, run() is given a Flask request; else what is here (azure_names).
"""

import sys
from io import BytesIO
from typing import Any, Protocol

from mlops_cli.engine.serving.aml import FAILED, AMLRequest, text_fields
from mlops_cli.engine.serving.messages import Request, Response

REQUEST_MODULES = (
    "azureml.contrib.services.aml_request",
    "azureml_inference_server_http.api.aml_request",
)
_OURS = ("content-length", "connection", "transfer-encoding", "content-type", "x-ms-run-fn-exec-ms")


class Answer(Protocol):
    """What AMLResponse and Flask's Response have in common."""

    status_code: int
    headers: Any

    def get_data(self) -> bytes: ...


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
    kept = [(name, value) for name, value in fields if name.lower() not in (*_OURS, FAILED)]
    given = {name.lower(): value for name, value in fields}
    failed = "True" if answer.status_code >= 500 else given.get(FAILED, "False")
    lines = "".join(f"{name}: {value}\r\n" for name, value in [*kept, (FAILED, failed)])
    kind = given.get("content-type", "application/octet-stream").encode("latin-1", "replace")
    body = b"" if answer.status_code in (204, 304) else answer.get_data()
    response = Response(answer.status_code, body, kind, lines.encode("latin-1", "replace"))
    response.note = "what the entry script answered"
    return response


def _environ(request: Request) -> dict[str, Any]:
    """The request as WSGI (PEP 3333) has it."""
    fields = text_fields(request)
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

"""What a pipeline endpoint tells of itself: how a run is started through it, and what the run may choose."""

from __future__ import annotations

from urllib.parse import urlsplit

from mlops_cli.emulator.azure.pipeline.graph import ASSIGNED
from mlops_cli.emulator.state import Document

_NUMBERS: dict[str, tuple[str, type[int] | type[float]]] = {
    **dict.fromkeys(("0", "Int"), ("integer", int)),
    **dict.fromkeys(("1", "Double"), ("number", float)),
}
_RUN = {"type": "object", "properties": {"Id": {"type": "string"}, "RunUrl": {"type": "string"}}}


def swagger(endpoint: Document, interface: Document) -> Document:
    """Swagger 2.0 of an endpoint. `interface` is that of the pipeline which is its default."""
    url = urlsplit(endpoint["Url"])
    return {
        "swagger": "2.0",
        "info": {
            "title": endpoint["Name"],
            "description": endpoint.get("Description") or "",
            "version": endpoint["DefaultVersion"],
        },
        "host": url.netloc,
        "schemes": [url.scheme],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": {"type": "apiKey", "name": "Authorization", "in": "header"}},
        "security": [{"Bearer": []}],
        "paths": {url.path: {"post": _post(interface)}},
    }


def _post(interface: Document) -> Document:
    assigned = {kind: _values(interface.get(declared) or []) for kind, declared in ASSIGNED.items()}
    schema = {"type": "object", "properties": {"ExperimentName": {"type": "string"}, **assigned}}
    return {
        "operationId": "SubmitPipelineRun",
        "parameters": [{"name": "run", "in": "body", "required": True, "schema": schema}],
        "responses": {"200": {"description": "The run that was started.", "schema": _RUN}},
    }


def _values(declared: list[Document]) -> Document:
    return {"type": "object", "properties": {one["Name"]: _value(one) for one in declared}}


def _value(declared: Document) -> Document:
    """A data path or a dataset, which have no type, is an object. The client declares a bool as an int."""
    kind, default = declared.get("Type"), declared.get("DefaultValue")
    if kind is None:
        return _typed("object", default)
    if str(default) in ("True", "False"):
        return _typed("boolean", str(default) == "True")
    name, read = _NUMBERS.get(str(kind), ("string", str))
    return _typed(name, default if default is None else read(default))


def _typed(name: str, default: object) -> Document:
    return {"type": name} if default is None else {"type": name, "default": default}

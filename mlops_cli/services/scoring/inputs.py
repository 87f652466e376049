"""What a service says it takes, read from its Swagger document."""

import contextlib
from typing import Any

from mlops_cli.backends.base import Backend
from mlops_cli.domain.data import ColumnType
from mlops_cli.domain.endpoints import Endpoint
from mlops_cli.domain.schema import InputField, ModelSchema
from mlops_cli.errors import MlopsError
from mlops_cli.services.scoring.client import ServiceClient

TYPES: dict[str, ColumnType] = {
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "string": "string",
    "date-time": "datetime",
    "date": "datetime",
}


def schema(backend: Backend, client: ServiceClient) -> ModelSchema | None:
    """The columns of the service's rows; None when its document names none (a script of one's own).

    The registered model says more about the same columns (label, ranges, true rows), so it is preferred.
    """
    told = from_swagger(client.swagger())
    known = _of_model(backend, client.endpoint)
    if told and known and {field.name for field in told.inputs} == {field.name for field in known.inputs}:
        return known
    return told


def from_swagger(document: dict[str, Any]) -> ModelSchema | None:
    """The schema in a Swagger 2.0 document with rows of named columns below `data`."""
    service_input = _at(document, "definitions", "ServiceInput")
    columns = _at(service_input, "properties", "data", "items", "properties")
    if not columns:
        return None
    inputs = [InputField(name, _type(value)) for name, value in columns.items()]
    example = _at(service_input, "example", "data")
    rows = [row for row in example if isinstance(row, dict)] if isinstance(example, list) else []
    return ModelSchema(task="", label="", inputs=inputs, output_type="string", example=rows)


def _type(value: Any) -> ColumnType:
    return TYPES.get(str(_at(value, "format"))) or TYPES.get(str(_at(value, "type"))) or "string"


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _of_model(backend: Backend, endpoint: Endpoint) -> ModelSchema | None:
    if endpoint.model_name:
        with contextlib.suppress(MlopsError):
            return backend.models.get(endpoint.model_name, endpoint.model_version).model_schema
    return None

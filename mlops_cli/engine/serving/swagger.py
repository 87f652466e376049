"""Swagger documents of a service, from the schema of its model.

Version 2 has the shape of Azure ML's own, member by member, with what Azure gets wrong put right where the
shape allows: true rows as examples, the label's own type in the output. Version 3.0 says the whole truth in
words: ranges, known categories, the answer as the JSON text that it is; 3.1 (openapi31) says it in schemas.
"""

from typing import Any

import msgspec

from mlops_cli.domain.data import ColumnType
from mlops_cli.domain.schema import InputField, ModelSchema
from mlops_cli.engine.serving.spec import ServiceSpec

Json = dict[str, Any]

_TYPES: dict[ColumnType, Json] = {
    "integer": {"type": "integer", "format": "int64"},
    "number": {"type": "number", "format": "double"},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "datetime": {"type": "string", "format": "date-time"},
}
EXAMPLES: dict[ColumnType, Any] = {
    "integer": 0,
    "number": 0.0,
    "boolean": False,
    "string": "example_value",
    "datetime": "2000-01-01T00:00:00",
}
_HEALTH = "Simple health check endpoint to ensure the service is up at any given point."
_HEALTHY = "If service is up and running, this response will be returned with the content 'Healthy'"
_SCORE = "Run web service's model and get the prediction output"
_SCORED = "The service processed the input correctly and provided a result prediction, if applicable."
_FAILED = "The service failed to execute due to an error."
_PAYLOAD = "The input payload for executing the real-time machine learning service."
_BEARER = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "description": "For example: Bearer abc123",
}
_MESSAGE = {"status_code": {"type": "integer", "format": "int32"}, "message": {"type": "string"}}


def swagger2(spec: ServiceSpec, schema: ModelSchema | None) -> Json:
    """Swagger 2.0, as Azure ML writes it."""
    failed = {"description": _FAILED, "schema": {"$ref": "#/definitions/ErrorResponse"}}
    healthy = {
        "description": _HEALTHY,
        "schema": {"type": "string"},
        "examples": {"application/json": "Healthy"},
    }
    health = {
        "operationId": "ServiceHealthCheck",
        "description": _HEALTH,
        "responses": {"200": healthy, "default": failed},
    }
    body = {
        "name": "serviceInputPayload",
        "in": "body",
        "description": _PAYLOAD,
        "schema": {"$ref": "#/definitions/ServiceInput"},
    }
    scored = {"description": _SCORED, "schema": {"$ref": "#/definitions/ServiceOutput"}}
    score = {
        "operationId": "RunMLService",
        "description": _SCORE,
        "security": [{"Bearer": []}],
        "parameters": [body],
        "responses": {"200": scored, "default": failed},
    }
    return {
        "swagger": "2.0",
        "info": _info(spec),
        "schemes": ["http"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": _BEARER},
        "paths": {"/": {"get": health}, "/score": {"post": score}},
        "definitions": {
            "ServiceInput": _input(schema, _plain) if schema else _anything(),
            "ServiceOutput": _labels(schema) if schema else _anything(),
            "ErrorResponse": {"type": "object", "properties": _MESSAGE},
        },
    }


def openapi3(spec: ServiceSpec, schema: ModelSchema | None) -> Json:
    """OpenAPI 3."""
    failed = _answer(_FAILED, "application/json", {"$ref": "#/components/schemas/ErrorResponse"})
    health = {
        "operationId": "ServiceHealthCheck",
        "description": _HEALTH,
        "responses": {"200": _answer(_HEALTHY, "text/plain", {"type": "string", "example": "Healthy"})},
    }
    reference = {"schema": {"$ref": "#/components/schemas/ServiceInput"}}
    score: Json = {
        "operationId": "RunMLService",
        "description": _SCORE,
        "requestBody": {
            "description": _PAYLOAD,
            "required": True,
            "content": {"application/json": reference},
        },
        "responses": {
            "200": _answer(_SCORED, "application/json", {"$ref": "#/components/schemas/ServiceOutput"}),
            "default": failed,
        },
    }
    components: Json = {
        "schemas": {
            "ServiceInput": _input(schema, _described) if schema else _anything(),
            "ServiceOutput": _text(schema) if schema else {},
            "ErrorResponse": {"type": "object", "properties": _MESSAGE},
        }
    }
    if spec.auth != "none":
        score["security"] = [{"Bearer": []}]
        components["securitySchemes"] = {"Bearer": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.0.3",
        "info": _info(spec),
        "paths": {"/": {"get": health}, "/score": {"post": score}},
        "components": components,
    }


def _info(spec: ServiceSpec) -> Json:
    text = spec.description or f"API specification for the Azure Machine Learning service {spec.name}"
    return {"title": spec.name, "description": text, "version": spec.version}


def _answer(description: str, media_type: str, schema: Json) -> Json:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _anything() -> Json:
    return {"type": "object", "example": {}}


def _input(schema: ModelSchema, column: Any) -> Json:
    properties = {field.name: column(field) for field in schema.inputs}
    row = {"type": "object", "properties": properties}
    if column is _described:
        row["required"] = list(properties)
    example = schema.example[0] if schema.example else {f.name: EXAMPLES[f.type] for f in schema.inputs}
    ordered = {name: example.get(name) for name in properties}
    return {
        "type": "object",
        "properties": {"data": {"type": "array", "items": row}},
        "example": {"data": [ordered]},
    }


def _plain(field: InputField) -> Json:
    return dict(_TYPES[field.type])


def _described(field: InputField) -> Json:
    """Ranges and categories are those of the training data: told, not demanded."""
    column = dict(_TYPES[field.type])
    if field.minimum is not None and field.maximum is not None:
        column["description"] = f"in training from {field.minimum} to {field.maximum}"
    if field.categories:
        column["description"] = "in training one of " + ", ".join(map(str, field.categories))
        column["example"] = field.categories[0]
    return column


def _labels(schema: ModelSchema) -> Json:
    kind = {"format": "label", **_TYPES[schema.output_type]}
    example = schema.classes[0] if schema.classes else EXAMPLES[schema.output_type]
    items = {"type": kind["type"], "format": kind["format"]}
    return {"type": "array", "items": items, "example": [example]}


def _text(schema: ModelSchema) -> Json:
    label = schema.classes[0] if schema.classes else EXAMPLES[schema.output_type]
    member = "forecast" if schema.task == "forecasting" else "result"
    text = msgspec.json.encode({member: [label]}).decode()
    return {
        "type": "string",
        "description": "the predictions as JSON text, to be decoded again",
        "example": text,
    }

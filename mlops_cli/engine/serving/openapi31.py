"""The OpenAPI 3.1 document: types, ranges and known values as JSON Schema says them, and the answer taken apart.

Ranges and known values are those of the training data. They are written as a contract, so that forms and
checks can be made of them; the service itself also takes values beyond them, as its description says.
"""

from typing import Any

from mlops_cli.domain.data import ColumnType
from mlops_cli.domain.schema import InputField, ModelSchema
from mlops_cli.engine.serving.spec import ServiceSpec
from mlops_cli.engine.serving.swagger import EXAMPLES, Json, openapi3

_TYPES: dict[ColumnType, Json] = {
    "integer": {"type": "integer", "format": "int64"},
    "number": {"type": "number", "format": "double"},
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "datetime": {"type": "string", "format": "date-time"},
}
_BEYOND = "Ranges and lists of values are those of the training data; values beyond them are scored too."
_AS_TEXT = "JSON text with the predictions, one per row, to be decoded again."


def openapi31(spec: ServiceSpec, schema: ModelSchema | None, *, has_probabilities: bool) -> Json:
    """OpenAPI 3.1. With `has_probabilities` the service also takes GlobalParameters with predict_proba."""
    document = {**openapi3(spec, schema), "openapi": "3.1.0"}
    document["info"]["description"] = spec.description or f"The scoring service {spec.name}."
    for path, method, summary in (
        ("/", "get", "Say whether the service is up"),
        ("/score", "post", "Predict"),
    ):
        document["paths"][path][method].update(summary=summary, tags=["Scoring"])
    if schema is None:
        return document
    schemas = document["components"]["schemas"]
    schemas["ServiceInput"] = _rows(schema)
    schemas["ServiceOutput"] = _text(schema)
    score = document["paths"]["/score"]["post"]
    examples = {"predict": {"summary": "one true row", "value": payload(schema)}}
    if has_probabilities:
        schemas["ServiceInputWithMethod"] = _with_method()
        schemas["ServiceOutputOfMethod"] = _of_method(schema)
        proba = {"Inputs": payload(schema), "GlobalParameters": {"method": "predict_proba"}}
        examples["predict_proba"] = {"summary": "the probability of each class", "value": proba}
    body = score["requestBody"]["content"]["application/json"]
    body.update(schema=_either(schemas, "ServiceInput"), examples=examples)
    score["responses"]["200"]["content"]["application/json"]["schema"] = _either(schemas, "ServiceOutput")
    return document


def payload(schema: ModelSchema) -> Json:
    """One true row, or a made-up one where none is known."""
    row = schema.example[0] if schema.example else {f.name: EXAMPLES[f.type] for f in schema.inputs}
    return {"data": [{field.name: row.get(field.name) for field in schema.inputs}]}


def column(field: InputField) -> Json:
    """The JSON Schema of one input."""
    found = dict(_TYPES[field.type])
    if field.type in ("integer", "number"):
        limits = {"minimum": field.minimum, "maximum": field.maximum}
        found.update({name: value for name, value in limits.items() if value is not None})
    if field.categories:
        found["enum"] = [*field.categories, *([None] if field.nullable else [])]
    if field.nullable:
        found["type"] = [found["type"], "null"]
    return found


def _rows(schema: ModelSchema) -> Json:
    columns = {field.name: column(field) for field in schema.inputs}
    row = {
        "type": "object",
        "description": _BEYOND,
        "properties": columns,
        "required": list(columns),
        "additionalProperties": False,
    }
    data = {"type": "array", "minItems": 1, "items": row}
    return {
        "type": "object",
        "properties": {"data": data},
        "required": ["data"],
        "examples": [payload(schema)],
    }


def _with_method() -> Json:
    method = {"type": "string", "enum": ["predict", "predict_proba"], "default": "predict"}
    parameters = {"type": "object", "properties": {"method": method}}
    inputs = {"$ref": "#/components/schemas/ServiceInput"}
    return {
        "type": "object",
        "properties": {"Inputs": inputs, "GlobalParameters": parameters},
        "required": ["Inputs"],
    }


def _of_method(schema: ModelSchema) -> Json:
    shares = {
        "type": "array",
        "description": "one probability per class, in the order " + ", ".join(map(str, schema.classes or [])),
        "items": {"type": "number", "minimum": 0, "maximum": 1},
    }
    items = {"oneOf": [_prediction(schema), shares]}
    results = {"type": "array", "items": items}
    return {"type": "object", "properties": {"Results": results}, "required": ["Results"]}


def _text(schema: ModelSchema) -> Json:
    member = "forecast" if schema.task == "forecasting" else "result"
    items = {"type": "array", "items": _prediction(schema)}
    content: Json = {"type": "object", "properties": {member: items}, "required": [member]}
    if schema.task == "forecasting":
        content["properties"]["index"] = {"type": "array", "items": {"type": "object"}}
    label = schema.classes[0] if schema.classes else EXAMPLES[schema.output_type]
    shown = f'"{label}"' if isinstance(label, str) else str(label)
    return {
        "type": "string",
        "description": _AS_TEXT,
        "contentMediaType": "application/json",
        "contentSchema": content,
        "examples": [f'{{"{member}": [{shown}]}}'],
    }


def _prediction(schema: ModelSchema) -> Json:
    found: Json = dict(_TYPES[schema.output_type])
    return {**found, "enum": list(schema.classes)} if schema.classes else found


def _either(schemas: dict[str, Any], base: str) -> Json:
    names = [name for name in schemas if name.startswith(base)]
    references: list[Json] = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return references[0] if len(references) == 1 else {"oneOf": references}
